/** Entry of a training thread. */
import type { PlannedGeneration, PlanRequest } from "../../domain/sweeps/trial-run.ts";
import { runJob } from "../../training/run-job.ts";
import { lowerThreadPriority } from "../priority.ts";
import type { TrainTask, TrialsTask } from "../protocol.ts";
import { warmUpTraining } from "../warm-up.ts";
import { startAssistant } from "./search-assistant.ts";
import { runTraining } from "./training-thread.ts";
import { planNext, runTrials } from "./trials-thread.ts";

lowerThreadPriority();
warmUpTraining();

export default function train(task: TrainTask): void {
  runTraining(task, (run, control) => runJob(run, { ...control, assistant: startAssistant }));
}

export function trials(task: TrialsTask): void {
  runTrials(task);
}

export function plan(request: PlanRequest): PlannedGeneration | null {
  return planNext(request);
}
