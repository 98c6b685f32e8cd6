/** `trainyard watch`: follows a job from its beginning to its end. */
import { examples, type Register } from "../context.ts";
import { followJob, howToReturn } from "../follow.ts";
import { findJob } from "../references.ts";

export const registerWatch: Register = (program, context) => {
  program
    .command("watch")
    .description("follow a job to its end; Ctrl-C stops following, not the job")
    .argument("<job>", "id, or name (its newest job)")
    .addHelpText("after", examples("trainyard watch moons", "trainyard watch moons --json > frames.ndjson"))
    .action(async (reference: string) => {
      const client = context.client();
      process.exitCode = await followJob(context, client, await findJob(client, reference), { detached: howToReturn });
    });
};
