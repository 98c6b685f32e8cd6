/** Entry of an assistant: trains what has the numbers that it is sent, until it is terminated. */
import { workerData } from "node:worker_threads";
import { createAssistantTrainer } from "../../training/run-job.ts";
import { lowerThreadPriority } from "../priority.ts";
import type { AssistantMessage, AssistantTask } from "../protocol.ts";

const { run, port, counter } = workerData as AssistantTask;

function send(message: AssistantMessage): void {
  port.postMessage(message);
  Atomics.add(counter, 0, 1);
  Atomics.notify(counter, 0);
}

try {
  lowerThreadPriority();
  const train = createAssistantTrainer(run);
  port.on("message", (number: number) => {
    try {
      send({ number, trained: train(number) });
    } catch {
      // The thread of the job trains it itself, and reports what is wrong with it.
      send(null);
    }
  });
} catch {
  send(null);
}
