/** The actions on a sweep: pause, resume, cancel, delete, clone, download its trials. */
import { useState } from "preact/hooks";
import type { Sweep } from "../../../client/sweeps.ts";
import type { SweepState } from "../../../domain/sweeps/sweep.ts";
import { useApp } from "../../shell/app-context.ts";
import { saveText } from "../../shell/save-text.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { Menu } from "../../ui/menu.tsx";

type Action = "pause" | "resume" | "cancel" | "remove";

interface Offer {
  readonly action: Action;
  readonly label: string;
  readonly icon: IconName;
  /** The states in which it is offered; the server has the last word. */
  readonly states: readonly SweepState[];
  /** The question before an action that cannot be undone. */
  readonly question?: { readonly title: string; readonly text: string };
}

const OFFERS: readonly Offer[] = [
  { action: "pause", label: "Pause", icon: "pause", states: ["queued", "running"] },
  { action: "resume", label: "Resume", icon: "play", states: ["paused"] },
  {
    action: "cancel",
    label: "Cancel",
    icon: "ban",
    states: ["queued", "running", "paused"],
    question: { title: "Cancel this sweep?", text: "It ends for good. Trials that are over stay, and can be promoted." },
  },
  {
    action: "remove",
    label: "Delete",
    icon: "trash",
    states: ["succeeded", "failed", "cancelled"],
    question: { title: "Delete this sweep?", text: "Its trials are deleted too. Jobs and models of its trials stay." },
  },
];

export function SweepActions({ sweep, replace }: { readonly sweep: Sweep; replace(sweep: Sweep): void }) {
  const { api, toasts, router } = useApp();
  const [busy, setBusy] = useState<Action | null>(null);
  const [asking, setAsking] = useState<Offer | null>(null);
  const perform = async (action: Action): Promise<void> => {
    setBusy(action);
    try {
      if (action === "remove") {
        await api.removeSweep(sweep.id);
        toasts.say(`Deleted ${sweep.name}.`);
        router.navigate("/sweeps");
        return;
      }
      replace(await { pause: api.pauseSweep, resume: api.resumeSweep, cancel: api.cancelSweep }[action](sweep.id));
    } catch (error) {
      toasts.fail(error);
    }
    setBusy(null);
  };
  const hasTrials = sweep.progress.done > 0;
  return (
    <div class="actions">
      {OFFERS.filter(({ states }) => states.includes(sweep.state)).map((offer) => (
        <Button
          key={offer.action}
          icon={offer.icon}
          busy={busy === offer.action}
          onClick={() => (offer.question ? setAsking(offer) : void perform(offer.action))}
        >
          {offer.label}
        </Button>
      ))}
      <LinkButton href={`/new?sweep=${sweep.id}`} icon="copy">
        Clone and edit
      </LinkButton>
      <Menu
        label="More"
        icon="menu"
        items={[
          {
            label: "Trials",
            note: "CSV",
            icon: "download",
            disabled: !hasTrials,
            onSelect: () =>
              void api
                .trialsCsv(sweep.id, { spreadsheet: true })
                .then((text) => saveText(text, `${sweep.name}-trials.csv`), toasts.fail),
          },
          {
            label: "Copy id",
            icon: "copy",
            // A page without TLS has no clipboard, except on localhost.
            onSelect: () => void navigator.clipboard?.writeText(sweep.id).then(() => toasts.say("Copied.")),
          },
        ]}
      />
      {asking?.question && (
        <Confirm
          title={asking.question.title}
          action={`${asking.label} sweep`}
          icon={asking.icon}
          danger
          onClose={() => setAsking(null)}
          onConfirm={() => void perform(asking.action)}
        >
          {asking.question.text}
        </Confirm>
      )}
    </div>
  );
}
