/** The job of a schedule's run, as the body of a request. */
import { jobNameFault } from "../../domain/models/registry.ts";
import type { ScheduleDocument } from "../../domain/schedules/schedule.ts";

/** Held out where models are compared and the schedule does not say which rows. */
const TEST_SHARE = 0.2;

/** Returns the body of the job on a data set in UTF-8 JSON. The job has been checked: it names no data set of its own. */
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

/** A search holds rows out by itself: only a network that is given stops by validation rows. */
const defaultSplit = (job: ScheduleDocument["job"]) => ({
  ...(job.model === undefined && { validation: 0 }),
  test: TEST_SHARE,
});
