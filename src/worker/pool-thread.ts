/** The entry of the threads of a pool (thread-pool.ts): loads the module of their tasks, and does one task after the other. */
import { parentPort, workerData } from "node:worker_threads";
import type { ThreadMessage, ThreadRequest, ThreadStart } from "./threads.ts";
import { unmoved } from "./transfer.ts";

const { entry } = workerData as ThreadStart;
const tasks = (await import(entry)) as Readonly<Record<string, ((task: object) => unknown) | undefined>>;

parentPort?.on("message", async ({ name, task }: ThreadRequest) => {
  try {
    const run = tasks[name];
    if (!run) throw new Error(`${entry} exports no ${name}`);
    const { value, buffers } = unmoved(await run(task));
    send({ kind: "returned", value }, buffers);
  } catch (error) {
    fail(error);
  }
});
send({ kind: "ready" });

/** Not every value that is thrown can be sent to another thread. */
function fail(error: unknown): void {
  try {
    send({ kind: "threw", error });
  } catch {
    send({ kind: "threw", error: new Error(String(error)) });
  }
}

function send(message: ThreadMessage, buffers: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, buffers);
}
