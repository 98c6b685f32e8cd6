/** Entry of a training thread. */
import type { PlannedGeneration, PlanRequest } from "../../domain/sweeps/trial-run.ts";
import { train as runJob } from "../../training/run/train.ts";
import { lowerThreadPriority } from "../priority.ts";
import type { TrainTask, TrialsTask } from "../protocol.ts";
import { warmUpTraining } from "../warm-up.ts";
import { runTraining } from "./training-thread.ts";
import { planNext, runTrials } from "./trials-thread.ts";

lowerThreadPriority();
warmUpTraining();

export default function train(task: TrainTask): void {
  runTraining(task, runJob);
}

export function trials(task: TrialsTask): void {
  runTrials(task);
}

export function plan(request: PlanRequest): PlannedGeneration | null {
  return planNext(request);
}
