/** The tabs of one job. A tab is a component that is given the job, and one line here. */
import type { ComponentType } from "preact";
import type { Job } from "../../../client/answers.ts";
import { questionOf, searchOf, stepName } from "../../../client/search.ts";
import { JobLeaderboard } from "../../model-view/job-leaderboard.tsx";
import { CheckpointsTab } from "./checkpoints-tab.tsx";
import { CurveTab } from "./curve-tab.tsx";
import { CurvesTab } from "./curves-tab.tsx";
import { EventsTab } from "./events-tab.tsx";
import { HistoryTab } from "./history-tab.tsx";
import { LabelsTab } from "./labels-tab.tsx";
import { ModelTab } from "./model-tab.tsx";
import { ReplayTab } from "./replay-tab.tsx";
import { RowsTab } from "./rows-tab.tsx";
import { SeedsTab } from "./seeds-tab.tsx";
import { SpecTab } from "./spec-tab.tsx";

export interface JobTab {
  /** Its name in the address, `?tab=`; the first tab needs none. */
  readonly key: string;
  readonly label: string;
  readonly Component: ComponentType<{ readonly job: Job }>;
}

const JOB_TABS: readonly [JobTab, ...JobTab[]] = [
  { key: "curves", label: "Curves", Component: CurvesTab },
  { key: "model", label: "Model", Component: ModelTab },
  { key: "checkpoints", label: "Checkpoints", Component: CheckpointsTab },
  { key: "replay", label: "Replay", Component: ReplayTab },
  { key: "history", label: "History", Component: HistoryTab },
  { key: "events", label: "Events", Component: EventsTab },
  { key: "spec", label: "Spec", Component: SpecTab },
];

const LEADERBOARD: JobTab = { key: "leaderboard", label: "Leaderboard", Component: JobLeaderboard };

const LABELS: JobTab = { key: "labels", label: "Labels", Component: LabelsTab };

const MORE_DATA: JobTab = { key: "more-data", label: "More data", Component: CurveTab };

const ROWS: JobTab = { key: "rows", label: "Rows", Component: RowsTab };

const SEEDS: JobTab = { key: "seeds", label: "Seeds", Component: SeedsTab };

/** The tabs of a job: one that searches for its model begins with its leaderboard, one that answers a question with the answer. */
export function tabsOf({ spec }: Pick<Job, "spec">): readonly [JobTab, ...JobTab[]] {
  if (!searchOf(spec) && !questionOf(spec)) return JOB_TABS;
  const tabs = JOB_TABS.filter(({ key }) => key !== "replay");
  if (spec.influence) return [ROWS, ...tabs];
  if (spec.learning_curve) return [MORE_DATA, ...tabs];
  if (spec.seeds) return [SEEDS, ...tabs];
  return [stepName(spec) === "cut" ? LABELS : LEADERBOARD, ...tabs];
}
