/** What is said of a divergence in the detail of a job's error. Knows no engine. */
import type { Divergence, FailedOperation, FailureKind, PlainNumber, RateTrials } from "../../domain/jobs/divergence.ts";

/** Returns the detail of an error with what went wrong first, and which learning rate survives. */
export function divergenceText(detail: string, { first, learning_rate }: Divergence): string {
  return [detail, ...(first ? [firstText(first)] : []), ...(learning_rate ? [ratesText(learning_rate)] : [])].join("; ");
}

const KINDS: Readonly<Record<FailureKind, string>> = {
  overflow: "overflowed float32",
  undefined: "has no finite result",
  rounding: "failed on a number that float32 had rounded",
};

function firstText(first: FailedOperation): string {
  const { operation, kind, epoch, step, rows, operands, result } = first;
  const values = `${operation}(${operands.map(short).join(", ")}) = ${short(result)}`;
  const where = rows.length > 0 ? `, row${rows.length > 1 ? "s" : ""} ${rows.join(", ")}` : "";
  return `first, ${operation} in ${placeOf(first)} ${KINDS[kind]} in step ${step} (epoch ${epoch}${where}): ${values}`;
}

/** "layer 1 (relu)", "the gradient of the loss (mse)", "the update of 0.weight (adam)" */
function placeOf({ part, layer, parameter, type }: FailedOperation): string {
  const kind = type ? ` (${type})` : "";
  if (part === "update") return `the update of ${parameter}${kind}`;
  if (part === "clipping") return `the clipping of gradients${kind}`;
  const thing = layer === null ? `the loss${kind}` : `layer ${layer}${kind}`;
  return part === "gradient" ? `the gradient of ${thing}` : thing;
}

function ratesText({ tried, survives, from_epoch, to_epoch }: RateTrials): string {
  const epochs = `epochs ${from_epoch + 1} to ${to_epoch}`;
  return survives === null
    ? `none of the learning rates ${tried.join(", ")} survives ${epochs}`
    : `learning rate ${survives} survives ${epochs}`;
}

const short = (value: PlainNumber): string => (typeof value === "number" ? String(Number(value.toPrecision(3))) : value);
