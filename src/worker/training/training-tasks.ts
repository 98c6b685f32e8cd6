/** The tasks of a training thread. Warms the thread up when it is loaded. */
import type { PlannedGeneration, PlanRequest } from "../../domain/sweeps/trial-run.ts";
import { runJob } from "../../training/run-job.ts";
import type { TrainTask, TrialsTask } from "../protocol.ts";
import { warmUpTraining } from "../warm-up.ts";
import { createAssistants } from "./assistants.ts";
import { runTraining } from "./training-thread.ts";
import { planNext, runTrials } from "./trials-thread.ts";

warmUpTraining();

export function train(task: TrainTask): void {
  runTraining(task, (run, control) => runJob(run, { ...control, assistants: createAssistants }));
}

export function trials(task: TrialsTask): void {
  runTrials(task);
}

export function plan(request: PlanRequest): PlannedGeneration | null {
  return planNext(request);
}
