/**
 * Threads that train beside the thread of a job that trains again and again: candidates of a search, or the trainings that answer a question.
 * That thread never returns to its event loop, so that they speak through ports that are read when they are asked for, and a counter to wait
 * on.
 */
import { availableParallelism } from "node:os";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { TrainingRun } from "../../domain/ports.ts";
import type { Assistant, Assistants } from "../../training/many/shared-trainings.ts";
import type { AssistantMessage, AssistantTask } from "../protocol.ts";

/** The assistants of a run. There are none on a machine with one core, where they would only take turns with the job. */
export function createAssistants(run: TrainingRun): Assistants<unknown> {
  const counter = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  // What is sent after it was read here ends the next wait at once.
  let seen = 0;
  return {
    open: () => (availableParallelism() < 2 ? null : openAssistant(run, counter, () => (seen = Atomics.load(counter, 0)))),
    wait(ms) {
      Atomics.wait(counter, 0, seen, ms);
    },
  };
}

function openAssistant(run: TrainingRun, counter: AssistantTask["counter"], look: () => void): Assistant<unknown> {
  const { port1, port2 } = new MessageChannel();
  const task: AssistantTask = { run, port: port2, counter };
  const worker = new Worker(new URL("./assistant-thread.ts", import.meta.url), { workerData: task, transferList: [port2] });
  worker.on("error", () => undefined);
  return {
    start: (number) => port1.postMessage(number),
    take() {
      look();
      const received = receiveMessageOnPort(port1) as { message: AssistantMessage } | undefined;
      if (!received) return null;
      return received.message ?? "lost";
    },
    close() {
      port1.close();
      void worker.terminate();
    },
  };
}
