/** Which job is meant: its id, or the newest of a name. */
import type { Client, Job } from "../client/index.ts";
import { CliError } from "./exit.ts";

/** The job of an id or a name. Throws when there is none. */
export async function findJob(client: Client, reference: string): Promise<Job> {
  if (reference.startsWith("job_")) return client.job(reference);
  const { data } = await client.jobs({ name: reference, limit: 1 });
  if (!data[0]) throw new CliError(`there is no job of the name ${reference}; see: trainyard jobs`);
  return data[0];
}
