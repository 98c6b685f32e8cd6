import { once } from "node:events";
import { MessageChannel, Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { ASSISTANT } from "../../../src/worker/protocol.ts";

const ENTRY = new URL("../../../src/worker/training/assistant-thread.ts", import.meta.url);
/** Makes the import of what trains fail. */
const WITHOUT_TRAINING = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from "node:module";
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier.endsWith("/run-job.ts")) throw new Error("the program is gone");
      return next(specifier, context);
    },
  });
`)}`;

it("says that it is lost, to each run, where what trains cannot be loaded", async () => {
  const state = Int32Array.from([ASSISTANT.busy]);
  const assistant = new Worker(ENTRY, { workerData: state, execArgv: ["--import", WITHOUT_TRAINING] });
  for (let run = 0; run < 2; run++) {
    const { port1, port2 } = new MessageChannel();
    const counter = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    assistant.postMessage({ run: {}, port: port2, counter }, [port2]);
    expect(await once(port1, "message")).toEqual([null]);
    await expect.poll(() => Atomics.load(counter, 0)).toBe(1);
    port1.close();
  }
  await assistant.terminate();
});
