/** A divergence in words, for the detail of a job's error, the command line and the page. Pure. */
import type { WireNumber } from "../metrics/metric.ts";
import type { Divergence, FailedOperation, FailureKind } from "./divergence.ts";

/** One line about a divergence. */
export interface DivergenceFact {
  readonly label: string;
  readonly text: string;
}

/** Row numbers for people, from 1; JSON counts from 0. */
const counted = (rows: readonly number[]): string => rows.map((row) => row + 1).join(", ");

const KINDS: Readonly<Record<FailureKind, string>> = {
  overflow: "overflowed float32",
  undefined: "has no finite result",
  rounding: "failed on a number that float32 had rounded",
};

/** The first failure and the cure, for the end of a sentence; `otherwise` is the cure if nothing more is known. */
export function divergenceSentence(divergence: Divergence, otherwise: string): string {
  const { first } = divergence;
  const cure = cureOf(divergence) ?? otherwise;
  return first ? `${first.operation} in ${placeOf(first)} ${KINDS[first.kind]} in step ${first.step}; ${cure}` : cure;
}

/** The findings, line by line. */
export function divergenceFacts({ first, learning_rate }: Divergence): DivergenceFact[] {
  const facts: DivergenceFact[] = [];
  if (first) {
    const { operation, operands, result, float64, rows, elements, step, epoch } = first;
    facts.push(
      { label: "first", text: `${operation} in ${placeOf(first)}` },
      { label: "when", text: `step ${step}, in epoch ${epoch}` },
      {
        label: "values",
        text: `${operation}(${operands.map(short).join(", ")}) = ${short(result)}; in float64 ${short(float64)}`,
      },
    );
    const numbers = `${elements} ${elements === 1 ? "number is" : "numbers are"} not finite`;
    facts.push({ label: "rows", text: rows.length > 0 ? `${counted(rows)} (counted from 1); ${numbers}` : numbers });
  }
  if (learning_rate) facts.push({ label: "rates", text: ratesText(learning_rate) });
  return facts;
}

/** "layer 1 (relu)", "the gradient of the loss (mse)", "the update of 0.weight (adam)" */
function placeOf({ part, layer, parameter, type }: FailedOperation): string {
  const kind = type ? ` (${type})` : "";
  if (part === "update") return `the update of ${parameter}${kind}`;
  if (part === "clipping") return `the clipping of gradients${kind}`;
  const thing = layer === null ? `the loss${kind}` : `layer ${layer}${kind}`;
  return part === "gradient" ? `the gradient of ${thing}` : thing;
}

/** Operations without a finite result when they divide by 0, which an eps above 0 prevents. */
const DIVISIONS: readonly string[] = ["div", "rsqrt"];

function cureOf({ first, learning_rate }: Divergence): string | null {
  if (learning_rate?.survives) return `learning rate ${learning_rate.survives} survives`;
  if (!first) return null;
  if (first.kind !== "overflow" && DIVISIONS.includes(first.operation)) return "it divides by 0: raise eps";
  const { rows, part, step } = first;
  if (step > 1 || rows.length === 0 || part === "update") return null;
  return `look at row${rows.length > 1 ? "s" : ""} ${counted(rows)} and at the initial weights`;
}

function ratesText({ tried, survives, from_epoch, to_epoch }: NonNullable<Divergence["learning_rate"]>): string {
  const epochs = `epochs ${from_epoch + 1} to ${to_epoch}`;
  if (survives === null) return `none of ${tried.join(", ")} survives ${epochs}`;
  const others = tried.filter((rate) => rate !== survives);
  return `${survives} survives ${epochs}${others.length > 0 ? `; ${others.join(", ")} did not` : ""}`;
}

/** Three digits. */
function short(value: WireNumber): string {
  if (typeof value !== "number") return value;
  const size = Math.abs(value);
  return value === 0 || (size >= 1e-4 && size < 1e6) ? String(Number(value.toPrecision(3))) : value.toExponential(2);
}
