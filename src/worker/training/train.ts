/** Entry of a training thread. */
import { runJob } from "../../training/run-job.ts";
import { lowerThreadPriority } from "../priority.ts";
import type { TrainTask } from "../protocol.ts";
import { warmUpTraining } from "../warm-up.ts";
import { startAssistant } from "./search-assistant.ts";
import { runTraining } from "./training-thread.ts";

lowerThreadPriority();
warmUpTraining();

export default function train(task: TrainTask): void {
  runTraining(task, (run, control) => runJob(run, { ...control, assistant: startAssistant }));
}
