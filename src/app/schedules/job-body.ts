/** The request body of the job of a schedule's run. */
import { jobNameFault } from "../../domain/models/registry.ts";
import type { ScheduleDocument } from "../../domain/schedules/schedule.ts";

/** The share held out for the comparison of models if the schedule does not choose the rows. */
const TEST_SHARE = 0.2;

/** Returns the body of the job on a data set in UTF-8 JSON. The job was checked before: it names no data set itself. */
export function jobBody({ name, job, promote }: ScheduleDocument, dataset: string): Uint8Array<ArrayBuffer> {
  const data = job.data as { readonly dataset: object };
  const body = {
    ...(jobNameFault(name) === null && { name }),
    ...(promote && { split: defaultSplit(job) }),
    ...job,
    data: { ...data, dataset: { ...data.dataset, id: dataset } },
  };
  return new TextEncoder().encode(JSON.stringify(body));
}

/** A search holds rows out itself. Only a given network stops by validation rows. */
const defaultSplit = (job: ScheduleDocument["job"]) => ({
  ...(job.model === undefined && { validation: 0 }),
  test: TEST_SHARE,
});
