/** Between a target's own units and those of the network that learns it. Every score and prediction goes this way, and no other. */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import { deterministicMath } from "../../engine/index.ts";

/** Greatest logarithm that is undone: beyond it, float32 has no number. ONNX files have the same bound. */
const MAX_LOG = 88;

/** A value of the target as the network learns it; NaN where a logarithm has none, at -1 and below. */
export function toNetworkUnits(value: number, scaling: TargetScaling | null): number {
  if (!scaling) return value;
  return (logOf(value, scaling) - scaling.offset) / scaling.scale;
}

/** An output of the network in the target's own units. */
export function toOwnUnits(output: number, scaling: TargetScaling | null): number {
  if (!scaling) return output;
  const value = output * scaling.scale + scaling.offset;
  return scaling.transform === "log" ? deterministicMath.exp(Math.min(value, MAX_LOG)) - 1 : value;
}

/** The value before it is scaled: log(1 + value) where the target is learned as a logarithm. */
export function logOf(value: number, { transform }: Pick<TargetScaling, "transform">): number {
  if (transform !== "log") return value;
  return value > -1 ? deterministicMath.log(1 + value) : Number.NaN;
}
