/** How often the intervals of trained models hold what they come to on fresh rows: of whole searches by default, and of networks that stopped early. */
import { scoreMetricsOf } from "../../../src/domain/models/score.ts";
import { evaluate } from "../../../src/training/evaluate/evaluate.ts";
import { BLOCK, createInference } from "../../../src/training/predict/inference.ts";
import { modelRecord, train } from "../train.ts";
import { type Covered, countHeld, createPopulation, type PopulationName } from "./generated.ts";

/** The share of rows that a network stops by. */
const VALIDATION = 0.2;

/** The same as `coverage`, of a search on `rows` rows that holds none out. */
export function searchCoverage(name: PopulationName, rows: number, repeats: number, fresh: number, first = 0) {
  return trainedCoverage({ name, rows, repeats, fresh, first }, { split: null });
}

/** The same as `coverage`, of a network that stops early by `rows` rows and is scored on them. */
export function stoppedCoverage(name: PopulationName, rows: number, repeats: number, fresh: number, first = 0) {
  const spec = {
    model: { layers: [{ type: "linear", units: 16 }, { type: "relu" }, { type: "linear" }] },
    optimizer: { type: "adam", lr: 0.01 },
    split: { validation: VALIDATION },
    early_stopping: { patience: 20 },
    epochs: 200,
    batch_size: 32,
  };
  return trainedCoverage({ name, rows: Math.round(rows / VALIDATION), repeats, fresh, first }, spec);
}

interface Repeats {
  readonly name: PopulationName;
  readonly rows: number;
  readonly repeats: number;
  readonly fresh: number;
  readonly first: number;
}

function trainedCoverage({ name, rows, repeats, fresh, first }: Repeats, spec: object): Map<string, Covered> {
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
      ...spec,
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
