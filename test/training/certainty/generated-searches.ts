/** How often the intervals of a searched average hold what it comes to on fresh rows: whole searches by default, a second or so each. */
import { scoreMetricsOf } from "../../../src/domain/models/score.ts";
import { evaluate } from "../../../src/training/evaluate/evaluate.ts";
import { BLOCK, createInference } from "../../../src/training/predict/inference.ts";
import { modelRecord, train } from "../train.ts";
import { type Covered, countHeld, createPopulation, type PopulationName } from "./generated.ts";

/** The same as `coverage`, of a search on `rows` rows that holds none out. */
export function searchCoverage(
  name: PopulationName,
  rows: number,
  repeats: number,
  fresh: number,
  first = 0,
): Map<string, Covered> {
  const covered = new Map<string, Covered>();
  for (let repeat = first; repeat < first + repeats; repeat++) {
    const { labels, draw } = createPopulation(name, repeat + rows * 1_000_000);
    const { features, targets, featureWidth } = draw(rows);
    // A class that is not there cannot be learned.
    if (new Set(targets).size < labels.length) continue;
    const matrix = Array.from({ length: rows }, (_, row) => [
      ...features.subarray(row * featureWidth, (row + 1) * featureWidth),
    ]);
    const { result } = train({
      data: { inline: { features: matrix, targets: [...targets] } },
      task: labels.length > 2 ? "multiclass_classification" : labels.length > 0 ? "binary_classification" : "regression",
      split: null,
      seed: repeat,
    });
    if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
    const model = modelRecord(result.model);
    const fresher = draw(fresh);
    const inference = createInference(model, result.weights, [BLOCK]);
    const outputs = inference.outputs(fresher.features, fresh);
    inference.release();
    const truth = { rows: fresh, outputs, targets: fresher.targets, threshold: model.threshold };
    countHeld(covered, model.score?.intervals, scoreMetricsOf(evaluate(truth, model.classes)));
  }
  return covered;
}
