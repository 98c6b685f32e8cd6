/** The actions on the selected jobs. The bar lies over the foot of the page, so that nothing moves when it appears. */
import { useEffect, useRef, useState } from "preact/hooks";
import { compareHref, MAX_COMPARED } from "../../jobs/comparison-address.ts";
import { canDo, changeJobs, type JobAction } from "../../jobs/job-actions.ts";
import { useApp } from "../../shell/app-context.ts";
import { useShortcuts } from "../../shell/shortcuts.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import type { IconName } from "../../ui/icon.tsx";
import type { Selection } from "./selection.ts";

interface Offer {
  readonly action: JobAction;
  readonly label: string;
  readonly icon: IconName;
  /** Asked before the action, which cannot be undone. */
  readonly question?: (count: string) => string;
  readonly consequence?: string;
  /** Its shortcut. */
  readonly key?: string;
}

const OFFERS: readonly Offer[] = [
  { action: "pause", label: "Pause", icon: "pause" },
  { action: "resume", label: "Resume", icon: "play" },
  {
    action: "cancel",
    label: "Cancel",
    icon: "ban",
    key: "c",
    question: (count) => `Cancel ${count}?`,
    consequence: "Training stops for good. Their metrics and checkpoints stay.",
  },
  {
    action: "remove",
    label: "Delete",
    icon: "trash",
    question: (count) => `Delete ${count}?`,
    consequence: "Their metrics, events and checkpoints are deleted too. Models stay.",
  },
];

export function BulkBar({ selection }: { readonly selection: Selection }) {
  const { api, board, toasts, shortcuts, router } = useApp();
  const [asking, setAsking] = useState<Offer | null>(null);
  const ids = [...selection.ids];
  useRedrawOnChange(ids.length > 0);
  const changeable = (action: JobAction) =>
    ids.filter((id) => {
      const job = board.get(id);
      return job && canDo(action, job);
    });
  const perform = ({ action }: Offer) => {
    void changeJobs(action, changeable(action), { api, board, toasts });
    if (action !== "pause" && action !== "resume") selection.clear();
  };
  const start = (offer: Offer) => (offer.question ? setAsking(offer) : perform(offer));
  const canCompare = ids.length >= 2 && ids.length <= MAX_COMPARED;
  // A key does what the bar shows when it is pressed.
  const latest = useRef({ start: (_: Offer): unknown => false, compare: (): unknown => false });
  latest.current = {
    start: (offer) => changeable(offer.action).length > 0 && start(offer),
    compare: () => canCompare && router.navigate(compareHref(ids)),
  };
  const keyed = OFFERS.filter(({ key }) => key !== undefined).map((offer) => ({
    keys: offer.key ?? "",
    label: `${offer.label} the selected jobs`,
    group: "Jobs",
    run: () => latest.current.start(offer),
  }));
  const compareKey = { keys: "v", label: "Compare the selected jobs", group: "Jobs", run: () => latest.current.compare() };
  useShortcuts(shortcuts, [...keyed, compareKey], []);
  return (
    <>
      {ids.length > 0 && (
        <div class="bulk-bar" role="toolbar" aria-label="Selected jobs">
          <strong>{ids.length} selected</strong>
          {canCompare && (
            <LinkButton href={compareHref(ids)} icon="compare">
              Compare
            </LinkButton>
          )}
          {OFFERS.map((offer) => {
            const count = changeable(offer.action).length;
            if (count === 0) return null;
            return (
              <Button key={offer.action} icon={offer.icon} onClick={() => start(offer)}>
                {offer.label}
                {count < ids.length && ` ${count}`}
              </Button>
            );
          })}
          <Button variant="quiet" icon="x" label="Clear the selection" onClick={selection.clear} />
        </div>
      )}
      {asking?.question && (
        <Confirm
          title={asking.question(countOf(changeable(asking.action).length))}
          action={asking.label}
          icon={asking.icon}
          danger
          onClose={() => setAsking(null)}
          onConfirm={() => perform(asking)}
        >
          {asking.consequence}
        </Confirm>
      )}
    </>
  );
}

const countOf = (count: number) => (count === 1 ? "one job" : `${count} jobs`);

/** Which actions are offered depends on the states of jobs, which change by themselves. */
function useRedrawOnChange(active: boolean): void {
  const { board } = useApp();
  const [, redraw] = useState(0);
  useEffect(() => {
    if (!active) return;
    return board.watch(() => redraw((count) => count + 1));
  }, [active, board]);
}
