/** Records as the API shows them: snake_case, ISO 8601 times, non-finite numbers as strings. */
import type { z } from "zod";
import type { JobView } from "../../app/jobs/job-view.ts";
import type { JobMetrics } from "../../domain/jobs/job.ts";
import { toWire, type WireNumber } from "../../domain/metrics/metric.ts";
import { thresholdOf } from "../../domain/models/decision.ts";
import type { Evaluation } from "../../domain/models/evaluation.ts";
import type { Model } from "../../domain/models/model.ts";
import { modelInputs } from "../../domain/models/model-inputs.ts";
import type { Page } from "../../domain/page.ts";
import type { jobAnswer, modelAnswer, submittedAnswer } from "./response-schemas.ts";

export type SerializedJob = z.output<typeof jobAnswer>;
export type SerializedModel = z.output<typeof modelAnswer>;

/** A job as the API shows it. */
export function representJob(view: JobView): SerializedJob & Pick<z.output<typeof submittedAnswer>, "notes"> {
  return { ...representListedJob(view), notes: [...view.job.notes] };
}

/** A job as lists and streams show it: without its notes. */
export function representListedJob({ job, queue, progress, etaS }: JobView): SerializedJob {
  return {
    id: job.id,
    name: job.name,
    state: job.state,
    progress,
    eta_s: etaS,
    attempt: job.attempt,
    queue: queue && { position: queue.position, jobs_ahead: queue.jobsAhead },
    spec: job.spec,
    parameters: job.parameters,
    memory_bytes: job.memoryBytes,
    epochs_done: job.epochsDone,
    created_at: isoTime(job.createdAt),
    started_at: job.startedAt === null ? null : isoTime(job.startedAt),
    finished_at: job.finishedAt === null ? null : isoTime(job.finishedAt),
    reproduces: job.reproduces && {
      model: job.reproduces.model,
      sha256: job.reproduces.sha256,
      result_sha256: job.reproduces.resultSha256,
    },
    agrees: agreementOf(job),
    transitions: job.transitions.map(({ state, at, reason }) => ({ state, at: isoTime(at), reason })),
    error: job.error && { ...job.error },
    metrics: job.metrics && representMetrics(job.metrics),
    score: job.score,
    model: job.model && { ...job.model },
    tags: { ...job.tags },
    note: job.note,
  };
}

function agreementOf({ reproduces }: JobView["job"]): boolean | null {
  return reproduces?.resultSha256 ? reproduces.resultSha256 === reproduces.sha256 : null;
}

/** A model as the API shows it; in lists without its inputs and its evaluation. */
export function representModel(model: Model, evaluation: Evaluation | null, { listed = false } = {}): SerializedModel {
  return {
    id: model.id,
    name: model.name,
    version: model.version,
    aliases: [...model.aliases],
    tags: { ...model.tags },
    job: model.jobId,
    task: model.task,
    input_width: model.inputWidth,
    inputs: listed ? null : modelInputs(model),
    targets: model.preprocessing?.targets.map(({ column }) => column) ?? [],
    output_width: model.outputWidth,
    classes: [...model.classes],
    threshold: thresholdOf(model),
    quantiles: model.quantiles ? [...model.quantiles] : null,
    conformal: model.conformal ? { part: model.conformal.part, rows: model.conformal.rows } : null,
    layers: [...model.layers],
    parameters: model.parameters,
    weights: model.weights.map(({ name, shape }) => ({ name, shape: [...shape] })),
    sha256: model.sha256,
    receipt: {
      data: model.receipt.data && { ...model.receipt.data },
      spec_sha256: model.receipt.specSha256,
      engine_version: model.receipt.engineVersion,
      weights_sha256: model.sha256,
    },
    metrics: representMetrics(model.metrics),
    score: model.score ?? null,
    search: model.search ?? null,
    evaluation,
    created_at: isoTime(model.createdAt),
  };
}

/** A page of records as the API shows it. */
export function representPage<T, R>(page: Page<T>, represent: (item: T) => R) {
  return { data: page.data.map(represent), has_more: page.hasMore, next_after: page.nextAfter };
}

function representMetrics({ final, best, lowest }: JobMetrics): NonNullable<SerializedJob["metrics"]> {
  return { final: wireValues(final), best: wireValues(best), ...(lowest && { lowest: wireValues(lowest) }) };
}

function wireValues<K extends string>(values: Readonly<Partial<Record<K, number>>>): Partial<Record<K, WireNumber>> {
  const entries = Object.entries(values) as [K, number][];
  return Object.fromEntries(entries.map(([name, value]) => [name, toWire(value)])) as Partial<Record<K, WireNumber>>;
}

export function isoTime(at: number): string {
  return new Date(at).toISOString();
}
