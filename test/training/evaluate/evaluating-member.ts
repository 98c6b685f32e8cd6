/** A thread that helps with an evaluation, and says when it does. */
import { workerData } from "node:worker_threads";
import { type Invitation, joinTeam } from "../../../src/engine/index.ts";

const { invitation, joined } = workerData as { readonly invitation: Invitation; readonly joined: Int32Array };
joinTeam(invitation, () => {
  Atomics.store(joined, 0, 1);
  Atomics.notify(joined, 0);
});
