/** What can be done with the selected jobs. It lies over the foot of the page, so that nothing moves when it comes. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../../shell/app-context.ts";
import { useShortcuts } from "../../shell/shortcuts.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import type { IconName } from "../../ui/icon.tsx";
import { compareHref, MOST_COMPARED } from "../compare/address.ts";
import { type BulkVerb, canDo, changeJobs } from "./bulk.ts";
import type { Selection } from "./selection.ts";

interface Action {
  readonly verb: BulkVerb;
  readonly label: string;
  readonly icon: IconName;
  /** Asked before it is done. */
  readonly question?: (count: string) => string;
  readonly consequence?: string;
  /** The key that does it. */
  readonly key?: string;
}

const ACTIONS: readonly Action[] = [
  { verb: "pause", label: "Pause", icon: "pause" },
  { verb: "resume", label: "Resume", icon: "play" },
  {
    verb: "cancel",
    label: "Cancel",
    icon: "ban",
    key: "c",
    question: (count) => `Cancel ${count}?`,
    consequence: "Training stops for good. What was measured stays.",
  },
  {
    verb: "delete",
    label: "Delete",
    icon: "trash",
    question: (count) => `Delete ${count}?`,
    consequence: "Their metrics, events and checkpoints go with them. Models stay.",
  },
];

export function BulkBar({ selection }: { readonly selection: Selection }) {
  const { api, board, toasts, shortcuts, router } = useApp();
  const [asking, setAsking] = useState<Action | null>(null);
  const ids = [...selection.ids];
  useRedrawOnChange(ids.length > 0);
  const able = (verb: BulkVerb) =>
    ids.filter((id) => {
      const job = board.get(id);
      return job && canDo(verb, job);
    });
  const perform = ({ verb }: Action) => {
    void changeJobs(verb, able(verb), { api, board, toasts });
    if (verb !== "pause" && verb !== "resume") selection.clear();
  };
  const start = (action: Action) => (action.question ? setAsking(action) : perform(action));
  const canCompare = ids.length >= 2 && ids.length <= MOST_COMPARED;
  // What a key does is what the bar shows at the moment it is pressed.
  const latest = useRef({ start: (_: Action): unknown => false, compare: (): unknown => false });
  latest.current = {
    start: (action) => able(action.verb).length > 0 && start(action),
    compare: () => canCompare && router.navigate(compareHref(ids)),
  };
  const keyed = ACTIONS.filter(({ key }) => key !== undefined).map((action) => ({
    keys: action.key ?? "",
    label: `${action.label} the selected jobs`,
    group: "Jobs",
    run: () => latest.current.start(action),
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
          {ACTIONS.map((action) => {
            const count = able(action.verb).length;
            if (count === 0) return null;
            return (
              <Button key={action.verb} icon={action.icon} onClick={() => start(action)}>
                {action.label}
                {count < ids.length && ` ${count}`}
              </Button>
            );
          })}
          <Button look="quiet" icon="x" label="Select nothing" onClick={selection.clear} />
        </div>
      )}
      {asking?.question && (
        <Confirm
          title={asking.question(countOf(able(asking.verb).length))}
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

/** What can be done depends on the states of jobs, which change by themselves. */
function useRedrawOnChange(active: boolean): void {
  const { board } = useApp();
  const [, redraw] = useState(0);
  useEffect(() => {
    if (!active) return;
    return board.watch(() => redraw((count) => count + 1));
  }, [active, board]);
}
