/** The actions on a job: change its state, clone it, compare it, download its files. */
import { useState } from "preact/hooks";
import type { Job } from "../../../client/answers.ts";
import { tensorboardPath } from "../../../client/jobs.ts";
import { cardPath, onnxPath, weightsPath } from "../../../client/models.ts";
import { compareHref } from "../../jobs/comparison-address.ts";
import { canDo, changeJob, type JobAction } from "../../jobs/job-actions.ts";
import { useApp } from "../../shell/app-context.ts";
import { saveText } from "../../shell/save-text.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { Menu, type MenuItem } from "../../ui/menu.tsx";

interface Offer {
  readonly action: Exclude<JobAction, "remove">;
  readonly label: string;
  readonly icon: IconName;
}

const OFFERS: readonly Offer[] = [
  { action: "pause", label: "Pause", icon: "pause" },
  { action: "resume", label: "Resume", icon: "play" },
  { action: "cancel", label: "Cancel", icon: "ban" },
];

/** The question before an action that cannot be undone. */
const QUESTIONS = {
  cancel: {
    title: "Cancel this job?",
    text: "Training stops for good. Its metrics and checkpoints stay.",
    action: "Cancel job",
    icon: "ban",
  },
  remove: {
    title: "Delete this job?",
    text: "Its metrics, events and checkpoints are deleted too. Its model stays.",
    action: "Delete job",
    icon: "trash",
  },
} as const;

export function Actions({ job }: { readonly job: Job }) {
  const { api, board, toasts, router } = useApp();
  const [busy, setBusy] = useState<JobAction | null>(null);
  const [asking, setAsking] = useState<keyof typeof QUESTIONS | null>(null);
  const perform = async (action: JobAction): Promise<void> => {
    setBusy(action);
    try {
      await changeJob(action, job.id, { api, board });
      if (action === "remove") {
        toasts.say(`Deleted ${job.name}.`);
        router.navigate("/jobs");
        return;
      }
    } catch (error) {
      toasts.fail(error);
    }
    setBusy(null);
  };
  return (
    <div class="actions">
      {OFFERS.filter(({ action }) => canDo(action, job)).map(({ action, label, icon }) => (
        <Button
          key={action}
          icon={icon}
          busy={busy === action}
          onClick={() => (action === "cancel" ? setAsking("cancel") : void perform(action))}
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
            disabled: !canDo("remove", job),
            onSelect: () => setAsking("remove"),
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
      await saveText(await api.metricsCsv(id), `${name}-metrics.csv`);
    } catch (error) {
      toasts.fail(error);
    }
  };
  const none = epochs_done === 0;
  const items: readonly MenuItem[] = [
    { label: "Metrics", note: "CSV", icon: "file", disabled: none, onSelect: () => void csv() },
    {
      label: "Event file",
      note: "TensorBoard",
      icon: "file",
      disabled: none,
      href: api.urlOf(tensorboardPath(id)),
      download: "",
    },
    ...(model
      ? [
          {
            label: "Weights",
            note: "safetensors",
            icon: "cube" as const,
            href: api.urlOf(weightsPath(model.id)),
            download: "",
          },
          { label: "Model", note: "ONNX", icon: "cube" as const, href: api.urlOf(onnxPath(model.id)), download: "" },
          { label: "Model card", note: "HTML", icon: "file" as const, href: api.urlOf(cardPath(model.id)), download: "" },
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
  // A page without TLS has no clipboard, except on localhost.
  void navigator.clipboard?.writeText(text).then(() => say("Copied."));
}
