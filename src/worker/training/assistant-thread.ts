/**
 * Entry of an assistant: runs the trainings whose numbers it is sent, for one run after another, and exits after a long wait for the next
 * run. Its modules load after its priority is lowered, as those of a training thread do.
 */
import { parentPort, workerData } from "node:worker_threads";
import { lowerThreadPriority } from "../priority.ts";
import { ASSISTANT, type AssistantMessage, type AssistantTask } from "../protocol.ts";

lowerThreadPriority();
// Where they cannot be loaded, each run is told at once: the job's thread hears nothing of the end of this one.
const { createAssistantTrainer } = await import("../../training/run-job.ts").catch((error: unknown) => ({
  createAssistantTrainer: () => {
    throw error;
  },
}));

/** How long it waits for the next run. Its modules take some 0.2 s to load, and some 30 MB to keep. */
const KEPT_MS = 30_000;

const state = workerData as Int32Array<SharedArrayBuffer>;
/** The port of its current run; messages of an earlier run are ignored. */
let current: AssistantTask["port"] | null = null;
let ending: NodeJS.Timeout | undefined;

function begin({ run, port, counter }: AssistantTask): void {
  clearTimeout(ending);
  current = port;
  const send = (message: AssistantMessage): void => {
    port.postMessage(message);
    Atomics.add(counter, 0, 1);
    Atomics.notify(counter, 0);
  };
  port.once("close", () => {
    if (port !== current) return;
    current = null;
    ending = setTimeout(endUnlessWanted, KEPT_MS);
  });
  try {
    const train = createAssistantTrainer(run);
    port.on("message", (number: number) => {
      try {
        send({ number, trained: train(number) });
      } catch {
        // The job's thread runs the training itself, and reports the error.
        send(null);
      }
    });
  } catch {
    send(null);
  }
}

/** Ends the thread, unless it was given a run in the meantime, whose message is on its way. */
function endUnlessWanted(): void {
  if (Atomics.compareExchange(state, 0, ASSISTANT.idle, ASSISTANT.ended) === ASSISTANT.idle) process.exit();
}

parentPort?.on("message", begin);
