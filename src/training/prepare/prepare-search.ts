/** Prepares a job whose network is searched for: the candidates, and the cost of training the largest of them. */
import type { FieldError } from "../../domain/errors.ts";
import {
  type AutoOptions,
  MAX_AUDIT_TRIALS,
  type ResolvedAuto,
  SEARCH_METRICS,
  type SearchMetric,
} from "../../domain/spec/auto-options.ts";
import { MAXIMIZED } from "../../domain/spec/decision-options.ts";
import type { JobSpec, ResolvedSpec } from "../../domain/spec/spec.ts";
import { elementCount } from "../../domain/tensor.ts";
import {
  auditCandidatesOf,
  candidateSpec,
  candidatesNamed,
  candidatesOf,
  keptCandidates,
  layersOf,
  lossOfTask,
  type SearchShape,
} from "../auto/candidates.ts";
import { featureKinds, featureView, plainFeatures } from "../auto/feature-views.ts";
import { foldCounts } from "../auto/folds.ts";
import type { DataShape } from "../data/source.ts";
import { memoryEstimate } from "../run/memory-estimate.ts";
import { networkOf } from "../run/network.ts";
import { decisionErrors } from "./decision.ts";

/** The parts of a resolved spec that a search decides. */
export type SearchResolution = Pick<
  ResolvedSpec,
  "task" | "loss" | "metrics" | "epochs" | "scheduler" | "early_stopping" | "decision"
> & {
  readonly model: { readonly auto: ResolvedAuto };
};

/** Resolves the search of a spec against its data. Returns every failure in `errors`. Throws an Error for a given network. */
export function resolveSearch(spec: JobSpec, data: DataShape): { resolution: SearchResolution; errors: FieldError[] } {
  if (!("auto" in spec.model)) throw new Error("the spec has a network");
  const { auto } = spec.model;
  const shape = searchShape(data);
  const allowed: readonly SearchMetric[] = SEARCH_METRICS[data.task === "regression" ? "values" : "classes"];
  const metric = auto.metric ?? (allowed[0] as SearchMetric);
  const errors: FieldError[] = allowed.includes(metric)
    ? []
    : [{ pointer: "/model/auto/metric", detail: `${metric} is not a metric of ${data.task}: use ${allowed.join(" or ")}` }];
  errors.push(...decisionErrors(spec, data));
  if (shape.rows < MIN_ROWS)
    errors.push({
      pointer: "/model/auto",
      detail: `needs at least ${MIN_ROWS} rows to train on, not ${shape.rows}: add rows, or name a network in model.layers`,
    });
  if (data.embeddings.length > 0)
    errors.push({
      pointer: "/preprocess",
      detail: "embedding is only for a given network: a search encodes categories as one-hot or ordinal",
    });
  errors.push(...auditErrors(auto, data));
  const counted = foldCounts(shape.rows, auto.folds);
  const { folds } = counted;
  // A label is judged by networks that have not seen it, so every row is held out once.
  const trained = auto.audit ? folds : counted.trained;
  const found = auto.audit
    ? auditCandidatesOf(shape, auto.trials, trained)
    : candidatesOf(shape, data.traits, auto.trials, trained, spec.seed);
  const candidates = found.map(({ name }) => name);
  const members = auto.audit ? candidates.length : auto.members;
  const model = { auto: { ...auto, members, trials: candidates.length, metric, folds, trained_folds: trained, candidates } };
  const { task } = data;
  const resolution = {
    task,
    loss: lossOfTask(task),
    metrics: [],
    epochs: candidates.length,
    scheduler: null,
    early_stopping: null,
    ...decisionOf(spec, metric, data),
    model,
  };
  return { resolution, errors };
}

/** Whether the labels of the data can be audited, and as often as requested. */
function auditErrors({ audit, trials }: AutoOptions, { task, validationRows, testRows }: DataShape): FieldError[] {
  if (!audit) return [];
  if (validationRows + testRows > 0)
    return [{ pointer: "/split", detail: "holds rows out, but an audit looks at every row: leave it out" }];
  if (task === "regression")
    return [
      {
        pointer: "/model/auto/audit",
        detail: "the target is a number, but an audit looks for wrong classes: if its numbers are classes, set task",
      },
    ];
  if (trials === null || trials <= MAX_AUDIT_TRIALS) return [];
  return [
    {
      pointer: "/model/auto/trials",
      detail: `must be at most ${MAX_AUDIT_TRIALS} in an audit, where it is how often the rows are cut into folds`,
    },
  ];
}

/** How two classes are decided: as the spec says, else by the metric of the search if it depends on decisions. */
function decisionOf({ decision }: JobSpec, metric: SearchMetric, { classes }: DataShape): Pick<ResolvedSpec, "decision"> {
  if (decision) return { decision };
  const maximize = MAXIMIZED.find((name) => name === metric);
  return maximize && classes.length === 2 ? { decision: { maximize } } : {};
}

/** Below it, a fold is a handful of rows. */
const MIN_ROWS = 10;

/** The rows on which candidates are trained, as a search sees them. */
function searchShape({
  task,
  classes,
  rows,
  validationRows,
  testRows,
  featureWidth,
  targetWidth,
  encoded,
}: DataShape): SearchShape {
  return {
    task,
    rows: rows - validationRows - testRows,
    counts: classes.map(() => 1),
    outputs: classes.length > 2 ? classes.length : classes.length === 2 ? 1 : targetWidth,
    features: encoded ? featureKinds(encoded) : plainFeatures(featureWidth),
  };
}

/**
 * Number of weights of the largest candidate, and bytes: of its training, of the rows in all views, and of the networks that are kept.
 * Throws an Error for a given network.
 */
export function searchCost(spec: ResolvedSpec, data: DataShape): { readonly parameters: number; readonly memoryBytes: number } {
  if (!("auto" in spec.model)) throw new Error("the spec has a network");
  const { auto } = spec.model;
  const shape = searchShape(data);
  const heldOut = Math.ceil(shape.rows / auto.folds);
  const costs = candidatesNamed(auto.candidates, shape, spec.seed).map((candidate) => {
    const width = featureView(shape.features, candidate).length;
    const { parameters } = networkOf(layersOf(candidate, shape.outputs), width);
    const own = { ...data, rows: shape.rows, validationRows: heldOut, testRows: 0, featureWidth: width, embeddings: [] };
    return {
      parameters: parameters.reduce((total, { shape }) => total + elementCount(shape), 0),
      memoryBytes: memoryEstimate(candidateSpec(spec, candidate, shape, 0), own),
    };
  });
  const most = (of: "parameters" | "memoryBytes") => costs.reduce((largest, cost) => Math.max(largest, cost[of]), 0);
  const table = data.rows * data.featureWidth;
  const networks = Math.min(costs.length, keptCandidates(auto)) * auto.trained_folds * most("parameters");
  const bytes = Float32Array.BYTES_PER_ELEMENT * (2 * table + 3 * networks);
  return { parameters: most("parameters"), memoryBytes: most("memoryBytes") + bytes };
}
