/** `trainyard cancel`, `pause` and `resume`: the same request in three words. */
import type { Client, Job } from "../../client/index.ts";
import { examples, type Register } from "../context.ts";
import { findJob } from "../job-reference.ts";

interface Change {
  readonly name: "cancel" | "pause" | "resume";
  readonly description: string;
  readonly apply: (client: Client, id: string) => Promise<Job>;
}

const CHANGES: readonly Change[] = [
  { name: "cancel", description: "end jobs for good", apply: (client, id) => client.cancel(id) },
  { name: "pause", description: "stop jobs where they are, to go on later", apply: (client, id) => client.pause(id) },
  { name: "resume", description: "let paused jobs go on", apply: (client, id) => client.resume(id) },
];

export const registerStateChanges: Register = (program, context) => {
  for (const { name, description, apply } of CHANGES) {
    program
      .command(name)
      .description(description)
      .argument("<jobs...>", "ids, or names (the newest job of each)")
      .addHelpText("after", examples(`trainyard ${name} moons`, `trainyard ${name} job_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90`))
      .action(async (references: string[]) => {
        const client = context.client();
        for (const reference of references) {
          const job = await apply(client, (await findJob(client, reference)).id);
          context.show(job, () => [`${job.id}  ${job.name}  ${job.state}`]);
        }
      });
  }
};
