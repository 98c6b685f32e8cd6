/** The texts of the views of a sweep. Pure. */
import type { Sweep } from "../../../client/sweeps.ts";

const METHODS: Readonly<Record<Sweep["spec"]["method"]["type"], string>> = {
  grid: "Grid",
  random: "Random",
  tpe: "TPE",
  halving: "Successive halving",
};

/** Returns the method of a sweep, in words. */
function methodText({ method }: Sweep["spec"]): string {
  return method.type === "halving" && method.brackets > 1 ? "Hyperband" : METHODS[method.type];
}

/** Returns a sweep in a line: its method, what it varies, its folds. */
export function describeSweep({ spec }: Sweep): string {
  const count = Object.keys(spec.parameters).length;
  const { folds } = spec;
  return [
    count === 0 ? "Cross-validation" : methodText(spec),
    ...(count === 0 ? [] : [count === 1 ? "1 parameter" : `${count} parameters`]),
    ...(folds ? [`${folds.count} folds${folds.repeats > 1 ? `, ${folds.repeats} times` : ""}`] : []),
  ].join(" · ");
}

/** Returns the name of a metric as a heading has it. */
export const metricText = (metric: string): string => metric.replace(/^val_/, "validation ").replaceAll("_", " ");
