/** Writes what tracking clients log. Jobs, sweeps and trials are read-only, except for the tags of jobs and sweeps. */
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId, ID_PREFIXES } from "../../domain/id.ts";
import { tagName } from "../../domain/label-fields.ts";
import type { Answer, Request } from "../../domain/tracking/messages.ts";
import { type LoggedMetric, RUN_TAG, type RunInfo, type RunLinks } from "../../domain/tracking/tracking.ts";
import type { RunBatch } from "../../domain/tracking/tracking-store.ts";
import { getExperiment } from "./experiments.ts";
import { getRun, type TrackingServices } from "./find-runs.ts";
import { wireRun, wireRunInfo } from "./wire.ts";

/** The id of the run that a request names. */
export const runIdOf = ({
  run_id,
  run_uuid,
}: {
  readonly run_id?: string | undefined;
  readonly run_uuid?: string | undefined;
}) => run_id ?? run_uuid ?? "";

/** Maximum characters of the value of a tag of a job. */
const MAX_OWN_TAG = 500;

/** The id of a run that clients may write to. Throws for a run of this server's own. */
function writable(id: string): string {
  const kind = id.startsWith(ID_PREFIXES.job) ? "job" : id.startsWith(ID_PREFIXES.sweep) ? "sweep" : null;
  if (kind === null) return id;
  throw new TrainyardError("forbidden", `${id} is a ${kind} of this server: clients read it, and may change its tags`);
}

/** Creates a run in the state running. Throws not_found for an unknown experiment, and invalid for a deleted one. */
export async function createRun(services: TrackingServices, request: Request<"CreateRun">): Promise<Answer<"Run">> {
  const experiment = await getExperiment(services, request.experiment_id);
  if (experiment.lifecycle === "deleted")
    throw invalid([
      { pointer: "/experiment_id", detail: `The experiment ${experiment.id} must be in the 'active' state: it is deleted` },
    ]);
  const tagged = request.tags.findLast(({ key }) => key === RUN_TAG.name)?.value;
  const id = createId("run");
  // MLflow makes up a name of two words; ours is the end of the id.
  const name = (request.run_name || tagged) ?? `run-${id.slice(-8)}`;
  const run: RunInfo = {
    ...{ id, experimentId: experiment.id, name, userId: request.user_id, status: "RUNNING", lifecycle: "active" },
    ...{ startTime: request.start_time ?? Date.now(), endTime: null },
  };
  const tags = [...request.tags.filter(({ key }) => key !== RUN_TAG.name), { key: RUN_TAG.name, value: name }];
  await services.store.tracking.insertRun(run, tags);
  return { run: wireRun(await getRun(services, id)) };
}

/** Changes the status, the end or the name of a run. */
export async function updateRun(services: TrackingServices, request: Request<"UpdateRun">): Promise<Answer<"RunInfo">> {
  const id = writable(runIdOf(request));
  const { status, end_time, run_name } = request;
  const { tracking } = services.store;
  if (run_name)
    await tracking.logToRun(id, Date.now(), { metrics: [], params: [], tags: [{ key: RUN_TAG.name, value: run_name }] });
  await tracking.changeRun(id, Date.now(), {
    ...(status === undefined ? {} : { status }),
    ...(end_time === undefined ? {} : { endTime: end_time }),
    ...(run_name ? { name: run_name } : {}),
  });
  return { run_info: wireRunInfo(await getRun(services, id)) };
}

/** Deletes a run, which can be restored for 30 days, or restores it. */
export async function moveRun(
  services: TrackingServices,
  id: string,
  lifecycle: "active" | "deleted",
): Promise<Answer<"Nothing">> {
  await services.store.tracking.changeRun(writable(id), Date.now(), { lifecycle });
  return {};
}

/** Logs metrics, parameters and tags: all of them or none. */
export async function logBatch(services: TrackingServices, id: string, batch: Partial<RunBatch>): Promise<Answer<"Nothing">> {
  const { metrics = [], params = [], tags = [] } = batch;
  if (metrics.length === 0 && params.length === 0 && (await labelOwn(services, id, tags))) return {};
  await services.store.tracking.logToRun(writable(id), Date.now(), { metrics, params, tags });
  return {};
}

/** A metric of a request. */
export const metricOf = ({
  key,
  value,
  timestamp,
  step,
  model_id,
}: Request<"LogMetric"> | Request<"LogBatch">["metrics"][number]): LoggedMetric => ({
  ...{ key, value, timestamp, step, modelId: model_id },
});

/** Deletes a tag. Throws not_found. */
export async function deleteTag(services: TrackingServices, id: string, key: string): Promise<Answer<"Nothing">> {
  if (await labelOwn(services, id, [{ key, value: null }])) return {};
  await services.store.tracking.deleteRunTag(writable(id), Date.now(), key);
  return {};
}

/** Changes the tags of a job or a sweep, whose note is one of MLflow's tags. Returns false for any other run. */
async function labelOwn(
  { store }: TrackingServices,
  id: string,
  tags: readonly { readonly key: string; readonly value: string | null }[],
): Promise<boolean> {
  const isJob = id.startsWith(ID_PREFIXES.job);
  if (!isJob && !id.startsWith(ID_PREFIXES.sweep)) return false;
  const changes: Record<string, string | null> = {};
  let note: string | null | undefined;
  for (const { key, value } of tags) {
    if (key === RUN_TAG.note) note = value;
    else if (key.startsWith("mlflow.") || key.startsWith("trainyard."))
      throw new TrainyardError("forbidden", `the tag ${key} of a ${isJob ? "job" : "sweep"} is the server's own`);
    else if (!tagName.safeParse(key).success || (value?.length ?? 0) > MAX_OWN_TAG)
      throw invalid([
        {
          pointer: "/key",
          detail: `tags of jobs and sweeps have names of letters, digits and ._/-, and ${MAX_OWN_TAG} characters at most`,
        },
      ]);
    else changes[key] = value;
  }
  const labels = { tags: changes, ...(note === undefined ? {} : { note }) };
  const found = isJob ? await store.jobs.label(id, labels) : await store.sweeps.label(id, labels);
  if (!found) throw new TrainyardError("not_found", `Run with id=${id} not found`);
  return true;
}

/** Adds data sets and models to the inputs or outputs of a run. */
export async function linkRun(services: TrackingServices, id: string, added: Partial<RunLinks>): Promise<Answer<"Nothing">> {
  await services.store.tracking.linkRun(writable(id), Date.now(), added);
  return {};
}
