/** Finds the job that an argument names: by its id, or the newest one of a name. */
import type { Client, Job } from "../client/index.ts";
import { CliError } from "./exit.ts";

/** Returns the job of an id or a name. Rejects with a CliError when there is none. */
export async function findJob(client: Client, reference: string): Promise<Job> {
  if (reference.startsWith("job_")) return client.job(reference);
  const { data } = await client.jobs({ name: reference, limit: 1 });
  if (!data[0]) throw new CliError(`no job is named ${reference}; list jobs with: trainyard jobs`);
  return data[0];
}
