/** What can be done with a job: the verbs of its life, another like it, and what it has come to as files. */
import { useState } from "preact/hooks";
import type { Job } from "../../../client/answers.ts";
import { useApp } from "../../shell/app-context.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { Menu, type MenuItem } from "../../ui/menu.tsx";
import { compareHref } from "../compare/address.ts";
import { type BulkVerb, canDo } from "../jobs/bulk.ts";
import { saveResponse } from "./save.ts";

interface Action {
  readonly verb: Exclude<BulkVerb, "delete">;
  readonly label: string;
  readonly icon: IconName;
}

const ACTIONS: readonly Action[] = [
  { verb: "pause", label: "Pause", icon: "pause" },
  { verb: "resume", label: "Resume", icon: "play" },
  { verb: "cancel", label: "Cancel", icon: "ban" },
];

/** Asked for before it is done, since it cannot be undone. */
const QUESTIONS = {
  cancel: {
    title: "Cancel this job?",
    text: "Training stops for good. What was measured stays.",
    action: "Cancel job",
    icon: "ban",
  },
  delete: {
    title: "Delete this job?",
    text: "Its metrics, events and checkpoints go with it. Its model stays.",
    action: "Delete job",
    icon: "trash",
  },
} as const;

export function Actions({ job }: { readonly job: Job }) {
  const { api, board, toasts, router } = useApp();
  const [busy, setBusy] = useState<BulkVerb | null>(null);
  const [asking, setAsking] = useState<keyof typeof QUESTIONS | null>(null);
  const perform = async (verb: BulkVerb): Promise<void> => {
    setBusy(verb);
    try {
      if (verb === "delete") {
        await api.removeJob(job.id);
        toasts.say(`Deleted ${job.name}.`);
        router.navigate("/jobs");
        board.drop(job.id);
        return;
      }
      board.put(await api.changeJob(job.id, verb));
    } catch (error) {
      toasts.fail(error);
    }
    setBusy(null);
  };
  return (
    <div class="actions">
      {ACTIONS.filter(({ verb }) => canDo(verb, job)).map(({ verb, label, icon }) => (
        <Button
          key={verb}
          icon={icon}
          busy={busy === verb}
          onClick={() => (verb === "cancel" ? setAsking("cancel") : void perform(verb))}
        >
          {label}
        </Button>
      ))}
      <LinkButton href={`/new?from=${job.id}`} icon="copy">
        Clone and edit
      </LinkButton>
      <Downloads job={job} />
      <Menu
        label="More"
        icon="menu"
        items={[
          { label: "Compare with others", icon: "compare", href: compareHref([job.id]) },
          { label: "Copy id", icon: "copy", onSelect: () => copy(job.id, toasts.say) },
          {
            label: "Delete",
            icon: "trash",
            danger: true,
            disabled: !canDo("delete", job),
            onSelect: () => setAsking("delete"),
          },
        ]}
      />
      {asking && (
        <Confirm {...QUESTIONS[asking]} danger onClose={() => setAsking(null)} onConfirm={() => void perform(asking)}>
          {QUESTIONS[asking].text}
        </Confirm>
      )}
    </div>
  );
}

function Downloads({ job: { id, name, model, epochs_done } }: { readonly job: Job }) {
  const { api, toasts } = useApp();
  const csv = async (): Promise<void> => {
    try {
      await saveResponse(await api.metricsCsv(id), `${name}-metrics.csv`);
    } catch (error) {
      toasts.fail(error);
    }
  };
  const none = epochs_done === 0;
  const items: readonly MenuItem[] = [
    { label: "Metrics", note: "CSV", icon: "file", disabled: none, onSelect: () => void csv() },
    { label: "Event file", note: "TensorBoard", icon: "file", disabled: none, href: api.tensorboardUrl(id), download: "" },
    ...(model
      ? [
          { label: "Weights", note: "safetensors", icon: "cube" as const, href: api.weightsUrl(model.id), download: "" },
          { label: "Model", note: "ONNX", icon: "cube" as const, href: api.onnxUrl(model.id), download: "" },
        ]
      : [{ label: "Weights", note: "no model yet", icon: "cube" as const, disabled: true }]),
  ];
  return (
    <Menu label="Download" icon="download" items={items}>
      Download
    </Menu>
  );
}

function copy(text: string, say: (text: string) => void): void {
  // Without TLS a page may not reach the clipboard, except on this machine: then a selection is all there is.
  void navigator.clipboard?.writeText(text).then(() => say("Copied."));
}
