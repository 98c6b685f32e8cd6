/**
 * Resolves the parts of a spec that follow from the data: task, loss, metrics, the width of the last layer. Reports parts that
 * do not fit together, each at its field and with a cure.
 */
import type { FieldError } from "../../domain/errors.ts";
import { defaultEarlyStopping } from "../../domain/spec/early-stopping.ts";
import { finalLayers, outputLayer, PROBABILITY_LAYERS } from "../../domain/spec/layer-walks.ts";
import type { Layer } from "../../domain/spec/layers.ts";
import type { Loss } from "../../domain/spec/optimization.ts";
import {
  DEFAULT_METRICS,
  givenLayers,
  isRanked,
  type JobSpec,
  METRICS,
  type Metric,
  type NetworkSpec,
  type ResolvedSpec,
  type Task,
} from "../../domain/spec/spec.ts";
import type { DataShape } from "../data/source.ts";
import { networkOf } from "../run/network.ts";
import { decisionErrors } from "./decision.ts";
import { resolveLayers } from "./widths.ts";

/** The parts of a resolved spec that follow from the data. */
export type Resolution = Pick<ResolvedSpec, "task" | "loss" | "metrics" | "scheduler" | "early_stopping"> &
  Pick<NetworkSpec, "model">;

const TASK_LOSSES: Readonly<Record<Task, readonly Loss["type"][]>> = {
  regression: ["mse", "l1", "huber", "pinball"],
  binary_classification: ["bce", "bce_with_logits", "cross_entropy"],
  multiclass_classification: ["cross_entropy"],
};

/** Resolves a spec against its data. Returns every failure in `errors`. */
export function resolve(spec: JobSpec, data: DataShape): { resolution: Resolution; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const given = givenLayers(spec);
  const loss = spec.loss ?? defaultLoss(data.task, given);
  errors.push(...lossErrors(loss, given, data), ...decisionErrors(spec, data));
  const widths = {
    features: data.featureWidth,
    outputs: outputWidth(loss, data),
    task: data.task,
    networkOf: (layers: readonly Layer[]) => networkOf(layers, data.featureWidth, data.embeddings),
  };
  const layers = resolveLayers(given, widths, errors);
  const metrics = resolveMetrics(spec.metrics, data, errors);
  const hasValidation = data.validationRows > 0;
  const monitor = (chosen: string | undefined, pointer: string) => {
    const name = chosen ?? (hasValidation ? "val_loss" : "loss");
    if (name.startsWith("val_") && !hasValidation)
      errors.push({ pointer, detail: `${name} needs a validation part: set split.validation` });
    const metric = name.replace("val_", "");
    if (metric !== "loss" && !metrics.includes(metric as Metric))
      errors.push({ pointer, detail: `${metric} is not among this job's metrics` });
    return name;
  };
  const scheduler =
    spec.scheduler?.type === "reduce_lr_on_plateau"
      ? { ...spec.scheduler, monitor: monitor(spec.scheduler.monitor, "/scheduler/monitor") as "loss" | "val_loss" }
      : spec.scheduler;
  const early_stopping = resolveEarlyStopping(spec, hasValidation, monitor);
  return { resolution: { task: data.task, loss, metrics, model: { layers }, scheduler, early_stopping }, errors };
}

/** Omitted early stopping has a default only for data sets with a validation part: generated and inline rows train to their last epoch. */
function resolveEarlyStopping(
  { early_stopping: given, data, epochs }: JobSpec,
  hasValidation: boolean,
  monitor: (chosen: string | undefined, pointer: string) => string,
): Resolution["early_stopping"] {
  if (given === undefined) return "dataset" in data && hasValidation ? defaultEarlyStopping(epochs) : null;
  type Monitor = NonNullable<NonNullable<Resolution["early_stopping"]>["monitor"]>;
  return given && { ...given, monitor: monitor(given.monitor, "/early_stopping/monitor") as Monitor };
}

function defaultLoss(task: Task, layers: readonly Layer[]): Loss {
  if (task === "regression") return { type: "mse" };
  if (task === "multiclass_classification") return { type: "cross_entropy", weight: null, label_smoothing: 0 };
  return outputLayer(layers)?.type === "sigmoid" ? { type: "bce" } : { type: "bce_with_logits", pos_weight: 1 };
}

function lossErrors(loss: Loss, layers: readonly Layer[], { task, classes, targetWidth }: DataShape): FieldError[] {
  if (!TASK_LOSSES[task].includes(loss.type)) {
    return [{ pointer: "/loss/type", detail: `${loss.type} is not a loss for ${task}: use ${TASK_LOSSES[task].join(" or ")}` }];
  }
  if (loss.type === "pinball" && targetWidth > 1)
    return [
      { pointer: "/loss/type", detail: `pinball is for one target, not ${targetWidth}: use another loss, or a job for each` },
    ];
  if (loss.type === "bce" && outputLayer(layers)?.type !== "sigmoid") {
    const pointer = `/model/layers/${layers.length - 1}`;
    return [{ pointer, detail: "bce needs probabilities: end the network with sigmoid, or use bce_with_logits" }];
  }
  const squashed = finalLayers(layers, "/model/layers").filter(({ layer }) => PROBABILITY_LAYERS.has(layer.type));
  if ((loss.type === "bce_with_logits" || loss.type === "cross_entropy") && squashed.length > 0) {
    return squashed.map(({ layer, pointer }) => ({
      pointer,
      detail: `${loss.type} needs logits: leave the final ${layer.type} out`,
    }));
  }
  if (loss.type === "cross_entropy" && Array.isArray(loss.weight) && loss.weight.length !== classes.length) {
    return [{ pointer: "/loss/weight", detail: `has ${loss.weight.length} weights for ${classes.length} classes` }];
  }
  return [];
}

/** The number of outputs that the network must have. */
function outputWidth(loss: Loss, { task, classes, targetWidth }: DataShape): number {
  if (loss.type === "pinball") return loss.quantiles.length;
  if (task === "regression") return targetWidth;
  return loss.type === "cross_entropy" ? classes.length : 1;
}

/** Maximum classes that every step counts individually. */
const MAX_COUNTED_CLASSES = 100;
/** Maximum held-out rows, once for each class of more than two, that every epoch sorts: about 0.15 s of a core. */
const MAX_RANKED_ROWS = 1_000_000;

/** Why a metric cannot be ranked by epoch; null if it can. */
function rankingFault(metric: Metric, { classes, validationRows }: DataShape): string | null {
  if (validationRows === 0)
    return `${metric} by epoch is of held-out rows: set split.validation; the evaluation at the end includes it`;
  const sorted = validationRows * (classes.length > 2 ? classes.length : 1);
  if (sorted <= MAX_RANKED_ROWS) return null;
  return `${metric} would sort ${sorted} rows every epoch, more than the limit of ${MAX_RANKED_ROWS}: hold out fewer; the evaluation at the end includes it`;
}

function resolveMetrics(chosen: JobSpec["metrics"], data: DataShape, errors: FieldError[]): Metric[] {
  const { task, classes } = data;
  const allowed: readonly Metric[] = METRICS[task];
  chosen?.forEach((metric, index) => {
    if (!allowed.includes(metric))
      errors.push({
        pointer: `/metrics/${index}`,
        detail: `${metric} is not a metric of ${task}: use ${allowed.join(" or ")}`,
      });
    else if (metric !== "accuracy" && classes.length > MAX_COUNTED_CLASSES)
      errors.push({
        pointer: `/metrics/${index}`,
        detail: `${metric} per epoch supports at most ${MAX_COUNTED_CLASSES} classes, not ${classes.length}; the evaluation at the end includes it`,
      });
    else {
      const fault = isRanked(metric) ? rankingFault(metric, data) : null;
      if (fault) errors.push({ pointer: `/metrics/${index}`, detail: fault });
    }
  });
  return [...new Set(chosen ?? DEFAULT_METRICS[task])];
}
