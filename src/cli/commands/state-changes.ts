/** `trainyard cancel`, `pause` and `resume`: changes the state of jobs, and prints the state that they reach. */
import { setTimeout as delay } from "node:timers/promises";
import type { Client, Job, JobState } from "../../client/index.ts";
import { examples, type Register } from "../context.ts";
import { findJob, idText } from "../references.ts";

interface Change {
  readonly name: "cancel" | "pause" | "resume";
  readonly description: string;
  readonly apply: (client: Client, id: string) => Promise<Job>;
}

const CHANGES: readonly Change[] = [
  { name: "cancel", description: "end jobs for good", apply: (client, id) => client.cancel(id) },
  { name: "pause", description: "stop jobs after a checkpoint, to resume them later", apply: (client, id) => client.pause(id) },
  {
    name: "resume",
    description: "queue paused jobs again: they continue from their checkpoints",
    apply: (client, id) => client.resume(id),
  },
];

/** States that lead to another one within a second. */
const TRANSITIONAL: readonly JobState[] = ["pausing", "cancelling"];
const POLL_MS = 100;

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
          const job = await afterTransition(client, await apply(client, (await findJob(client, reference)).id));
          context.show(job, () => [`${idText(job.id, context.out)}  ${job.name}  ${job.state}`]);
        }
      });
  }
};

/** Returns the job once it has left its transitional state. */
async function afterTransition(client: Client, job: Job): Promise<Job> {
  if (!TRANSITIONAL.includes(job.state)) return job;
  await delay(POLL_MS);
  return afterTransition(client, await client.job(job.id));
}
