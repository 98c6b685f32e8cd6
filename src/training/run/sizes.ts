/** The sizes of the rows of a run, for which its steps are compiled. */
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { countClasses, isBalanced } from "../data/class-weights.ts";
import type { JobData } from "../data/data.ts";
import type { TrainingSizes } from "./build.ts";
import { embeddingsOf } from "./network.ts";

/** The sizes of a job's rows, of as many classes; 0 for a regression. */
export function sizesOf({ train, validation, preprocessing }: JobData, classes: number): TrainingSizes {
  const { rows, featureWidth, targetWidth } = train;
  const embeddings = embeddingsOf(preprocessing?.columns ?? []);
  const targetScalings = (preprocessing?.targets ?? []).map(({ scaling }) => scaling);
  const classCounts = countClasses(classes > 0 ? train.targets : [], classes);
  const weighted = train.weights !== null;
  return {
    rows,
    validationRows: validation?.rows ?? 0,
    featureWidth,
    targetWidth,
    embeddings,
    targetScalings,
    classCounts,
    weighted,
  };
}

/** What of the sizes is compiled in: counts of classes only where they weigh in the loss, scalings where metrics look at them. */
export function compiledSizes(
  spec: Pick<ResolvedSpec, "metrics" | "loss">,
  { classCounts, targetScalings = [], ...sizes }: TrainingSizes,
): unknown {
  const readsScalings = spec.metrics.includes("mape") || targetScalings.some((scaling) => scaling?.transform === "log");
  return {
    ...sizes,
    classCounts: isBalanced(spec.loss) ? classCounts : classCounts.length,
    targetScalings: readsScalings ? targetScalings : targetScalings.map((scaling) => scaling !== null),
  };
}
