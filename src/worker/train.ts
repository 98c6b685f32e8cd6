/** Entry of a training thread. */
import { fit } from "../training/fit.ts";
import { lowerThreadPriority } from "./priority.ts";
import type { TrainTask } from "./protocol.ts";
import { runTraining } from "./training-thread.ts";
import { warmUpTraining } from "./warm-up.ts";

lowerThreadPriority();
warmUpTraining();

export default function train(task: TrainTask): void {
  runTraining(task, fit);
}
