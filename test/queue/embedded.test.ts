import { createEmbeddedQueue } from "../../src/queue/embedded.ts";
import { openStore } from "../../src/storage/open.ts";
import { temporaryFolder } from "../contract/databases/temporary.ts";
import { queueContract } from "../contract/queue.ts";

queueContract("the embedded queue", async () => {
  const store = await openStore({ dataDir: await temporaryFolder() });
  return { store, queue: createEmbeddedQueue(store), close: () => store.close() };
});
