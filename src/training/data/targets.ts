/** Reads the targets of inline data: which task they are for, the class labels, and their values as float32. */
import type { FieldError } from "../../domain/errors.ts";
import { outputLayer } from "../../domain/spec/layer-walks.ts";
import { givenLayers, type JobSpec, type Task } from "../../domain/spec/spec.ts";

export type InlineTarget = number | string | boolean | number[];

/** Maximum classes of one task. */
export const MAX_CLASSES = 10_000;

export interface Targets {
  readonly task: Task;
  /** Labels in output order; empty for regression. */
  readonly classes: readonly string[];
  readonly width: number;
  /** [rows, width]: values, or class indices. */
  readonly values: Float32Array<ArrayBuffer>;
}

export type TargetsResult =
  | { readonly ok: true; readonly targets: Targets }
  | { readonly ok: false; readonly errors: FieldError[] };

const LOSS_TASKS: Readonly<Record<string, Task>> = {
  mse: "regression",
  l1: "regression",
  huber: "regression",
  pinball: "regression",
  bce: "binary_classification",
  bce_with_logits: "binary_classification",
};

const FINAL_LAYER_TASKS: Readonly<Record<string, Task>> = {
  softmax: "multiclass_classification",
  log_softmax: "multiclass_classification",
};

const at = (row: number) => `/data/inline/targets/${row}`;
const refused = (...errors: FieldError[]): TargetsResult => ({ ok: false, errors });

/**
 * The task that a spec with inline targets implies: names and booleans are classes; for numbers, the loss or a final softmax decides;
 * without either, zeros and ones after a final sigmoid or under cross_entropy are classes, and everything else is a regression.
 */
export function inferTask(spec: JobSpec, targets: readonly InlineTarget[]): Task {
  const first = targets[0];
  const lastLayer = outputLayer(givenLayers(spec))?.type ?? "";
  if (typeof first === "string" || typeof first === "boolean") {
    return new Set(targets).size <= 2 ? "binary_classification" : "multiclass_classification";
  }
  const hinted = LOSS_TASKS[spec.loss?.type ?? ""] ?? FINAL_LAYER_TASKS[lastLayer];
  if (hinted) return hinted;
  const isBinary = targets.every((target) => [0, 1].includes(scalarOf(target) as number));
  if (spec.loss?.type === "cross_entropy") return isBinary ? "binary_classification" : "multiclass_classification";
  return isBinary && (lastLayer === "sigmoid" || "auto" in spec.model) ? "binary_classification" : "regression";
}

/** A one-element array stands for its element. */
function scalarOf(target: InlineTarget): number | string | boolean | undefined {
  return Array.isArray(target) ? (target.length === 1 ? target[0] : undefined) : target;
}

/** Targets for the task. `outputs` is the width that the network states for its last layer, if it does. */
export function readTargets(task: Task, targets: readonly InlineTarget[], outputs: number | undefined): TargetsResult {
  if (task === "regression") return readValues(targets);
  const first = scalarOf(targets[0] as InlineTarget);
  return typeof first === "number" ? readIndices(task, targets, outputs) : readNames(task, targets);
}

function readValues(targets: readonly InlineTarget[]): TargetsResult {
  const rows = targets.map((target) => (Array.isArray(target) ? target : [target]));
  const width = (rows[0] as unknown[]).length;
  const errors = rows.flatMap((row, index): FieldError[] => {
    if (row.length !== width) return [{ pointer: at(index), detail: `has ${row.length} values, but row 0 has ${width}` }];
    if (row.some((value) => typeof value !== "number"))
      return [{ pointer: at(index), detail: "must be a number: the task is regression" }];
    return [];
  });
  if (errors.length > 0) return refused(...errors);
  return {
    ok: true,
    targets: { task: "regression", classes: [], width, values: Float32Array.from((rows as number[][]).flat()) },
  };
}

function readIndices(task: Task, targets: readonly InlineTarget[], outputs: number | undefined): TargetsResult {
  const labels = targets.map(scalarOf);
  const greatest = labels.reduce<number>((most, label) => (typeof label === "number" ? Math.max(most, label) : most), 0);
  const count = task === "binary_classification" ? 2 : Math.max(outputs ?? 0, outputs ? 0 : greatest + 1, 2);
  if (count > MAX_CLASSES)
    return refused({ pointer: "/data/inline/targets", detail: `has ${count} classes; at most ${MAX_CLASSES} are allowed` });
  const errors = labels.flatMap((label, row): FieldError[] => {
    const fits = typeof label === "number" && Number.isInteger(label) && label >= 0 && label < count;
    return fits
      ? []
      : [
          {
            pointer: at(row),
            detail: `label ${JSON.stringify(targets[row])} is out of range: a class of ${count} is an integer 0..${count - 1}`,
          },
        ];
  });
  if (errors.length > 0) return refused(...errors);
  const classes = Array.from({ length: count }, (_, index) => String(index));
  return { ok: true, targets: { task, classes, width: 1, values: Float32Array.from(labels as number[]) } };
}

function readNames(task: Task, targets: readonly InlineTarget[]): TargetsResult {
  const kindOf = (target: InlineTarget | undefined) => typeof target;
  const kind = kindOf(targets[0]);
  const errors = targets.flatMap((target, row): FieldError[] =>
    kindOf(target) === kind
      ? []
      : [{ pointer: at(row), detail: `must be a ${kind} as in row 0, or all targets must be integers` }],
  );
  if (errors.length > 0) return refused(...errors);
  const classes = [...new Set(targets.map(String))].sort();
  const most = task === "binary_classification" ? 2 : MAX_CLASSES;
  if (classes.length > most || classes.length < 2) {
    return refused({
      pointer: "/data/inline/targets",
      detail: `has ${classes.length} classes; ${task} takes 2${most > 2 ? ` to ${most}` : ""}`,
    });
  }
  const indexOf = new Map(classes.map((label, index) => [label, index]));
  const values = Float32Array.from(targets, (target) => indexOf.get(String(target)) as number);
  return { ok: true, targets: { task, classes, width: 1, values } };
}
