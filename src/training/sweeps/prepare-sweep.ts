/** Prepares a sweep from a request body: parse, validate, create its space, and resolve its job. Runs in a thread. */
import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import type { FieldError } from "../../domain/errors.ts";
import { labelsOf } from "../../domain/labels.ts";
import type { Limits } from "../../domain/limits.ts";
import { MAX_FIELD_ERRORS } from "../../domain/spec/spec-errors.ts";
import { createSpace } from "../../domain/sweeps/create-space.ts";
import { MAX_TRIALS } from "../../domain/sweeps/method.ts";
import type { Space } from "../../domain/sweeps/parameter-space.ts";
import { parseSweepSpec, type ResolvedSweepSpec, type SweepSpec } from "../../domain/sweeps/sweep-spec.ts";
import type { PreparedSweep, SweepDraft } from "../../domain/sweeps/trial-run.ts";
import { jsonHeapBytes, parseUntrusted } from "../../domain/untrusted-json.ts";
import { excessRows, MAX_MEMBERS, prepareSpec, referencesOf } from "../prepare/prepare.ts";
import { trialCount } from "../search/methods.ts";
import { foldsOfSweep } from "./sweep-folds.ts";
import { encodeSource, prepareTrial } from "./trial-source.ts";

type Refused = Extract<PreparedSweep, { ok: false }>;
type PreparedJob = Extract<ReturnType<typeof prepareSpec>, { ok: true }>;

const INVALID = (errors: readonly FieldError[]): Refused => ({
  ok: false,
  code: "invalid",
  errors: errors.slice(0, MAX_FIELD_ERRORS),
});

/** A valid spec whose data set must be looked up before `prepareSweepSpec`. */
export interface ParsedSweepDraft extends Omit<SweepDraft, "spec"> {
  readonly spec: SweepSpec;
}

/** Prepares a sweep from a body of UTF-8 JSON, or returns every reason why it cannot be one, or its draft. */
export function prepareSweep(body: Uint8Array<ArrayBuffer>, limits: Limits): PreparedSweep | ParsedSweepDraft {
  const given = parseUntrusted(body, { heapBytes: jsonHeapBytes(limits.bodyBytes), members: MAX_MEMBERS });
  if (!given.ok) return { ok: false, code: given.code, errors: [{ pointer: given.pointer, detail: given.detail }] };
  const json = given.value;
  const excess = excessRows((json as { job?: unknown } | null)?.job, limits);
  if (excess) return INVALID(ofJob([excess]));
  const parsed = parseSweepSpec(json);
  if ("errors" in parsed) return INVALID(parsed.errors);
  const { spec } = parsed;
  const references = referencesOf(spec.job);
  if (references?.model)
    return INVALID([
      {
        pointer: `/job${references.model.pointer}`,
        detail: "a sweep does not start from a stored model: give the weights as init_from.state_dict, or leave it out",
      },
    ]);
  if (references) return { ok: false, code: "references", references: withFolds(references, spec), spec };
  return prepareSweepSpec(spec, limits, null);
}

/** Reads the column of the folds like one that a split uses. */
function withFolds(references: NonNullable<ReturnType<typeof referencesOf>>, { folds }: SweepSpec) {
  const column = folds?.group ?? folds?.time ?? null;
  const { dataset } = references;
  return column && dataset ? { ...references, dataset: { ...dataset, target: [...dataset.target, column] } } : references;
}

/** Errors of the job, at their place in the sweep. */
const ofJob = (errors: readonly FieldError[]): FieldError[] =>
  errors.map(({ pointer, detail }) => ({ pointer: `/job${pointer}`, detail }));

/** Prepares a sweep from a valid spec and the data set of its job. */
export function prepareSweepSpec(spec: SweepSpec, limits: Limits, dataset: DatasetRows | null): PreparedSweep {
  const made = createSpace(spec);
  if ("errors" in made) return INVALID(made.errors);
  const { space } = made;
  const prepared = prepareSpec(spec.job, limits, { dataset, model: null });
  if (!prepared.ok) return INVALID(ofJob(prepared.errors));
  const wrong = [...objectiveErrors(spec, prepared)];
  if (wrong.length > 0) return INVALID(wrong);
  const folds = spec.folds && foldsOfSweep(spec.folds, prepared, dataset);
  if (folds && !folds.ok) return INVALID(folds.errors);
  const trials = trialCount({ space, method: spec.method, trials: spec.trials });
  if (trials === null)
    return INVALID([
      { pointer: "/trials", detail: `the grid has more than the limit of ${MAX_TRIALS} trials: set how many of them to run` },
    ]);
  const { job: _job, tags, note, ...own } = spec;
  const resolved: ResolvedSweepSpec = {
    ...own,
    name: spec.name ?? prepared.spec.name,
    trials,
    job: prepared.spec,
  };
  return {
    ok: true,
    spec: resolved,
    source: encodeSource({ job: spec.job, space }),
    chunkTrials: chunkTrialsOf(resolved, prepared),
    memoryBytes: memoryOf(spec, space, limits, dataset, prepared.memoryBytes),
    rows: prepared.rows,
    notes: prepared.notes,
    labels: labelsOf({ tags, note }),
  };
}

/** The objective must be what the trials compute. */
function objectiveErrors({ objective, folds }: SweepSpec, { spec }: PreparedJob): FieldError[] {
  const { metric } = objective;
  const pointer = "/objective/metric";
  const computed = metric.replace("val_", "");
  if (computed !== "loss" && !(spec.metrics as readonly string[]).includes(computed))
    return [{ pointer, detail: `${computed} is not among the metrics of the job: add it to job.metrics` }];
  const hasValidation = folds !== null || spec.split !== null;
  if (metric.startsWith("val_") && !hasValidation)
    return [{ pointer, detail: `${metric} needs held-out rows: set job.split.validation, or folds` }];
  return [];
}

/** Maximum parameter values whose memory is computed. */
const MAX_SIZED = 64;

/** The memory of the largest network that a single parameter can produce. A value that alone does not fit the rows is left out. */
function memoryOf({ job }: SweepSpec, space: Space, limits: Limits, dataset: DatasetRows | null, base: number): number {
  let most = base;
  let left = MAX_SIZED;
  for (const dimension of space.dimensions) {
    if (dimension.condition !== null) continue;
    const values =
      dimension.kind === "range" ? [dimension.range.max] : dimension.options.map(({ value }) => value).slice(0, left);
    for (const value of values) {
      if (left-- <= 0) return most;
      const trial = prepareTrial({ job, space, dataset, limits }, { [dimension.pointer]: value });
      if (trial.ok) most = Math.max(most, trial.job.memoryBytes);
    }
  }
  return most;
}

/** Target duration of a chunk, in seconds: short, so that jobs wait little and a lost chunk costs little. */
const CHUNK_SECONDS = 0.5;
const MAX_CHUNK_TRIALS = 250;
/** A rough guess of a thread's work in a second, and of the minimum duration of an epoch. */
const MULTIPLY_ADDS_PER_SECOND = 1e9;
const EPOCH_SECONDS = 4e-6;

/** Maximum trials of a chunk. It changes no result. */
function chunkTrialsOf({ trials, folds }: ResolvedSweepSpec, { spec, parameters, rows }: PreparedJob): number {
  const epochSeconds = EPOCH_SECONDS + (3 * parameters * rows) / MULTIPLY_ADDS_PER_SECOND;
  const trainings = folds ? folds.count * folds.repeats : 1;
  const seconds = spec.epochs * epochSeconds * trainings;
  const fitting = Math.floor(CHUNK_SECONDS / seconds);
  // At least a few chunks, so that threads share a short sweep.
  return Math.max(1, Math.min(fitting, MAX_CHUNK_TRIALS, Math.ceil(trials / 8)));
}
