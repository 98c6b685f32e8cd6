/** Entry of a search assistant: trains the candidates whose numbers it is sent, until it is terminated. */
import { workerData } from "node:worker_threads";
import { createCandidateTrainer } from "../../training/auto/search.ts";
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
  const train = createCandidateTrainer(run);
  port.on("message", (number: number) => {
    try {
      send(train(number));
    } catch {
      // The thread that searches trains it itself, and reports what is wrong with it.
      send(null);
    }
  });
} catch {
  send(null);
}
