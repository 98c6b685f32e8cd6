/**
 * A thread that trains candidates of a search beside the thread that searches. That one never returns to its event loop, so that both
 * speak through a port that is read when it is asked for, and a counter to wait on.
 */
import { availableParallelism } from "node:os";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { TrainingRun } from "../../domain/ports.ts";
import type { Assistant } from "../../training/auto/trial-source.ts";
import type { AssistantMessage, AssistantTask } from "../protocol.ts";

/** Starts an assistant for a run; null on a machine with one core, where it would only take turns with the search. */
export function startAssistant(run: TrainingRun): Assistant | null {
  if (availableParallelism() < 2) return null;
  const { port1, port2 } = new MessageChannel();
  const counter = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const task: AssistantTask = { run, port: port2, counter };
  const worker = new Worker(new URL("./search-assistant-thread.ts", import.meta.url), {
    workerData: task,
    transferList: [port2],
  });
  worker.on("error", () => undefined);
  let isIdle = true;
  return {
    get isIdle() {
      return isIdle;
    },
    start(number) {
      isIdle = false;
      port1.postMessage(number);
    },
    take() {
      const received = receiveMessageOnPort(port1) as { message: AssistantMessage } | undefined;
      if (!received) return null;
      if (received.message === null) return "lost";
      isIdle = true;
      return received.message;
    },
    wait(ms) {
      Atomics.wait(counter, 0, Atomics.load(counter, 0), ms);
    },
    close() {
      port1.close();
      void worker.terminate();
    },
  };
}
