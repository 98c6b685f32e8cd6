/** What the trials of a sweep have in common, and how a trial's parameters make a job of it. */
import type { FieldError } from "../../domain/errors.ts";
import type { Prepared } from "../../domain/jobs/preparation.ts";
import type { Limits } from "../../domain/limits.ts";
import { type JobSpec, parseJobSpec } from "../../domain/spec/spec.ts";
import type { TrialParameters } from "../../domain/sweeps/parameter.ts";
import { applyParameters, type Space } from "../../domain/sweeps/parameter-space.ts";
import type { ResolvedSweepSpec } from "../../domain/sweeps/sweep-spec.ts";
import type { TrialResult } from "../../domain/sweeps/trial.ts";
import type { SweepSource } from "../../domain/sweeps/trial-run.ts";
import { prepareSpec, type SizeOf } from "../prepare/prepare.ts";

/** The job that trials vary, in full, and the space of its parameters. */
interface JobAndSpace {
  readonly job: JobSpec;
  readonly space: Space;
}

/** A sweep that is ready to prepare trials. */
export interface OpenSweep extends JobAndSpace, Omit<SweepSource, "source"> {
  readonly limits: Limits;
}

/** Encodes the part of a sweep that the store keeps for its trials. */
export function encodeSource(source: JobAndSpace): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(source));
}

/** Decodes what `encodeSource` encoded. */
export function decodeSource(source: Uint8Array): JobAndSpace {
  return JSON.parse(new TextDecoder().decode(source)) as JobAndSpace;
}

/** Decodes pages of results, as the store reads them. */
export function decodeResults(pages: readonly Uint8Array[]): TrialResult[] {
  const decoder = new TextDecoder();
  return pages.flatMap((page) => JSON.parse(decoder.decode(page)) as TrialResult[]);
}

/** Opens a sweep. */
export function openSweep({ source, spec, dataset }: SweepSource, limits: Limits): OpenSweep {
  return { ...decodeSource(source), spec, dataset, limits };
}

/** Returns the body of the job for a trial, as JSON. With folds it is one that trains on all rows. */
export function jobOfTrial(
  { job, space }: JobAndSpace,
  { folds }: Pick<ResolvedSweepSpec, "folds">,
  parameters: TrialParameters,
): unknown {
  const applied = applyParameters(job, space, parameters) as JobSpec;
  return folds ? { ...applied, split: null } : applied;
}

/** The job of a trial, prepared like a submitted one; or why it cannot be a job. */
export type PreparedTrial =
  | { readonly ok: true; readonly job: Extract<Prepared, { ok: true }> }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Prepares a trial. `sizeOf` computes the memory that it needs, if it is not that of a job. */
export function prepareTrial(
  { job, space, dataset, limits }: Omit<OpenSweep, "spec">,
  parameters: TrialParameters,
  sizeOf?: SizeOf,
): PreparedTrial {
  const parsed = parseTrial(job, applyParameters(job, space, parameters) as JobSpec);
  if ("errors" in parsed) return { ok: false, errors: parsed.errors };
  const prepared = prepareSpec(parsed.spec, limits, { dataset, model: null }, sizeOf);
  return prepared.ok ? { ok: true, job: prepared } : { ok: false, errors: prepared.errors };
}

/** Replaces rows that are not parsed again. */
const ANY_ROWS = { inline: { features: [[0]], targets: [0] } };

/**
 * Parses the job of a trial. Its inline rows and weights were already parsed with the job that trials vary, and may be tens of megabytes:
 * parts that no parameter replaces are taken from there.
 */
function parseTrial(job: JobSpec, applied: JobSpec): ReturnType<typeof parseJobSpec> {
  const hasRowsOfJob = "inline" in applied.data && applied.data === job.data;
  const weights = weightsOf(applied);
  const hasWeightsOfJob = weights !== null && weights === weightsOf(job);
  const parsed = parseJobSpec({
    ...applied,
    ...(hasRowsOfJob && { data: ANY_ROWS }),
    ...(hasWeightsOfJob && { init_from: { ...applied.init_from, state_dict: {} } }),
  });
  if ("errors" in parsed) return parsed;
  const { spec } = parsed;
  return {
    spec: {
      ...spec,
      ...(hasRowsOfJob && { data: job.data }),
      ...(hasWeightsOfJob && { init_from: { ...(spec.init_from as GivenWeights), state_dict: weights } }),
    },
  };
}

type GivenWeights = Extract<JobSpec["init_from"], { state_dict: unknown }>;

const weightsOf = ({ init_from: start }: JobSpec): GivenWeights["state_dict"] | null =>
  start && "state_dict" in start ? start.state_dict : null;
