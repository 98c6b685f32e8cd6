/** A thread that joins the teams that it is invited to, one after the other. "die" makes it die in the middle of a call. */
import { parentPort } from "node:worker_threads";
import { type Invitation, joinTeam, reportLost } from "../../../../src/engine/index.ts";

parentPort?.on("message", (message: Invitation | { readonly dying: Invitation }) => {
  if ("dying" in message) {
    // What a thread does whose instance traps in a call that it takes part in.
    const { programs } = message.dying;
    try {
      joinTeam({ ...message.dying, programs: programs.map(() => "nothing") });
    } catch {
      reportLost(message.dying);
    }
    return;
  }
  joinTeam(message);
});
