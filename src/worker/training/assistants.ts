/**
 * Threads that train beside the thread of a job that trains again and again: candidates of a search, or the trainings that answer a
 * question. That thread never returns to its event loop, so they communicate through ports that are read synchronously, and a counter to
 * wait on. A thread whose run is over is kept for the next one for a while.
 */
import { availableParallelism } from "node:os";
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import type { TrainingRun } from "../../domain/ports.ts";
import type { Assistant, Assistants } from "../../training/many/shared-trainings.ts";
import { ASSISTANT, type AssistantMessage, type AssistantTask } from "../protocol.ts";

/** An assistant thread. */
interface Thread {
  readonly worker: Worker;
  /** See ASSISTANT. */
  readonly state: Int32Array<SharedArrayBuffer>;
}

/** Those that wait for a run, the one that ended its run last at the end. */
const kept: Thread[] = [];

/** The assistants of a run. There are none on a machine with one core, where they would only take turns with the job. */
export function createAssistants(run: TrainingRun): Assistants<unknown> {
  const counter = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  // Anything sent after this read ends the next wait at once.
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
  const { worker, state } = keptThread() ?? startThread();
  const task: AssistantTask = { run, port: port2, counter };
  worker.postMessage(task, [port2]);
  /** Number of trainings that it was given, and whose results nobody has taken. */
  let given = 0;
  let isLost = false;
  return {
    start(number) {
      given++;
      port1.postMessage(number);
    },
    take() {
      look();
      const received = receiveMessageOnPort(port1) as { message: AssistantMessage } | undefined;
      if (!received) return null;
      given--;
      isLost ||= received.message === null;
      return received.message ?? "lost";
    },
    close() {
      port1.close();
      if (given > 0 || isLost) return void worker.terminate();
      Atomics.store(state, 0, ASSISTANT.idle);
      kept.push({ worker, state });
    },
  };
}

function startThread(): Thread {
  const state = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(new URL("./assistant-thread.ts", import.meta.url), { workerData: state });
  worker.on("error", () => undefined);
  return { worker, state };
}

/** Takes a waiting thread that has not ended; null if there is none. */
function keptThread(): Thread | null {
  for (let thread = kept.pop(); thread; thread = kept.pop())
    if (Atomics.compareExchange(thread.state, 0, ASSISTANT.idle, ASSISTANT.busy) === ASSISTANT.idle) return thread;
  return null;
}
