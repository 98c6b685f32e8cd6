/** Entry of a training thread. */
import type { PlannedGeneration, PlanRequest } from "../../domain/sweeps/trial-run.ts";
import { runJob } from "../../training/run-job.ts";
import { lowerThreadPriority } from "../priority.ts";
import type { TrainTask, TrialsTask } from "../protocol.ts";
import { warmUpTraining } from "../warm-up.ts";
import { createAssistants } from "./assistants.ts";
import { runTraining } from "./training-thread.ts";
import { planNext, runTrials } from "./trials-thread.ts";

lowerThreadPriority();
warmUpTraining();

export default function train(task: TrainTask): void {
  runTraining(task, (run, control) => runJob(run, { ...control, assistants: createAssistants }));
}

export function trials(task: TrialsTask): void {
  runTrials(task);
}

export function plan(request: PlanRequest): PlannedGeneration | null {
  return planNext(request);
}
