/** `trainyard watch`: a job on this terminal, from its beginning, until it ends. */
import { examples, type Register } from "../context.ts";
import { comeBack, followJob } from "../follow.ts";
import { findJob } from "../job-reference.ts";

export const registerWatch: Register = (program, context) => {
  program
    .command("watch")
    .description("follow a job to its end; Ctrl-C leaves it alone")
    .argument("<job>", "id, or name (the newest job of it)")
    .addHelpText("after", examples("trainyard watch moons", "trainyard watch moons --json > frames.ndjson"))
    .action(async (reference: string) => {
      const client = context.client();
      process.exitCode = await followJob(context, client, await findJob(client, reference), { detached: comeBack });
    });
};
