/** Trains a candidate of a search on all folds, and predicts the rows that each holds out. Knows nothing of other candidates. */
import type { SearchSpec } from "../../domain/spec/spec.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { JobData } from "../data/data.ts";
import type { Fold } from "../data/folds.ts";
import { type Table, takeRows } from "../data/table.ts";
import { BLOCK, createInference, type Inference } from "../predict/inference.ts";
import { candidateSpec, type SearchShape, servedLayersOf } from "./candidates.ts";
import { featureView } from "./feature-views.ts";
import { createFoldTrainer } from "./fold-training.ts";
import { placesOf } from "./folds.ts";
import { inOwnUnits, learnedRows, type TargetUnits } from "./learned-targets.ts";
import { type Answers, metricOf, objectiveOf } from "./objective.ts";
import type { Candidate } from "./portfolio.ts";
import type { TrainedCandidate } from "./search-state.ts";
import { trialSeed } from "./trial-seed.ts";

/** What does not change during a search. */
export interface Search {
  readonly spec: SearchSpec;
  readonly classes: readonly string[];
  readonly data: JobData;
  readonly units: TargetUnits;
  readonly shape: SearchShape;
  readonly candidates: readonly Candidate[];
  readonly folds: readonly Fold[];
  /** The folds of a candidate, by its number: those of the search, or, in an audit, a new division for each. The held-out rows are the same. */
  foldsOf(number: number): readonly Fold[];
  /** Of the held-out rows, fold after fold. */
  readonly heldOut: Table;
  readonly answers: Answers;
}

/** How each target is scaled. */
export const scalingsOf = ({ preprocessing }: JobData) => (preprocessing?.targets ?? []).map(({ scaling }) => scaling);

/** A trained fold of a candidate; null if it diverged. */
export interface TrainedFold {
  readonly network: {
    readonly weights: TensorSet;
    /** [held-out rows of the fold, outputs] */
    readonly predicted: Float32Array<ArrayBuffer>;
    readonly epochs: number;
  } | null;
  readonly seconds: number;
}

export interface TrialTrainer {
  /** Trains one fold of a candidate, by their numbers from 1 and from 0; null when the search has ended in the meantime. */
  trainFold(number: number, index: number): TrainedFold | null;
  /** Makes a candidate of the folds that `foldAt` returns, up to the first that diverged; null if it returns null. */
  assemble(number: number, foldAt: (index: number) => TrainedFold | null): TrainedCandidate | null;
}

/** Creates the trainer of a search's candidates. `ended` is called every few milliseconds. */
export function createTrialTrainer(
  { spec, classes, data, units, shape, candidates, folds, foldsOf, answers }: Search,
  ended: () => boolean,
): TrialTrainer {
  const train = createFoldTrainer(ended);
  const { auto } = spec.model;
  const scalings = scalingsOf(data);
  const objective = objectiveOf(auto.metric, spec.task, scalings);
  const metric = metricOf(auto.metric, scalings);
  const places = placesOf(folds, data.train.rows);
  /** The last trained candidate: compiled once for all of its folds. */
  let predictor: { readonly candidate: Candidate; readonly inference: Inference } | null = null;
  return {
    trainFold(number, index) {
      const begun = performance.now();
      const candidate = candidates[number - 1] as Candidate;
      const fold = foldsOf(number)[index] as Fold;
      const taken = featureView(shape.features, candidate);
      const { learned } = candidate;
      const trained = learnedRows(takeFeatures(takeRows(data.train, fold.train), taken), learned, units, true);
      const heldOut = learnedRows(takeFeatures(takeRows(data.train, fold.validation), taken), learned, units, false);
      const own = candidateSpec(spec, candidate, shape, trialSeed(spec.seed, number, index));
      const result = train(own, trained, heldOut, classes.length);
      const seconds = () => (performance.now() - begun) / 1000;
      if (result.state === "ended") return null;
      if (result.state === "diverged") return { network: null, seconds: seconds() };
      const network = {
        layers: servedLayersOf(candidate, shape.outputs),
        preprocessing: null,
        inputWidth: taken.length,
        outputWidth: answers.width,
        activation: "none",
      } as const;
      const weights = inOwnUnits(result.weights, learned, units, own.model.layers.length);
      if (candidate !== predictor?.candidate) {
        predictor?.inference.release();
        predictor = { candidate, inference: createInference(network, weights, [BLOCK]) };
      } else predictor.inference.load(weights);
      const predicted = predictor.inference.outputs(heldOut.features, heldOut.rows);
      return { network: { weights, predicted, epochs: result.epochs }, seconds: seconds() };
    },
    assemble(number, foldAt) {
      const { name } = candidates[number - 1] as Candidate;
      const outputs = new Float32Array(answers.rows * answers.width);
      const weights: TensorSet[] = [];
      let [epochs, seconds] = [0, 0];
      const failed = (): TrainedCandidate => ({
        trial: { number, name, value: null, score: null, epochs: null, parameters: 0, seconds },
        networks: null,
      });
      for (const [index, { validation }] of foldsOf(number).entries()) {
        const trained = foldAt(index);
        if (!trained) return null;
        seconds += trained.seconds;
        if (!trained.network) return failed();
        const { predicted } = trained.network;
        validation.forEach((row, place) => {
          const own = predicted.subarray(place * answers.width, (place + 1) * answers.width);
          outputs.set(own, (places[row] as number) * answers.width);
        });
        weights.push(trained.network.weights);
        epochs += trained.network.epochs / folds.length;
      }
      const value = objective(outputs, answers);
      if (!Number.isFinite(value)) return failed();
      const parameters = (weights[0] as TensorSet).data.length;
      const score = metric(outputs, answers);
      return {
        trial: { number, name, value, score, epochs, parameters, seconds },
        networks: { trial: number, outputs, weights },
      };
    },
  };
}

/** The rows of a table with some of their features, in that order. */
function takeFeatures(table: Table, features: readonly number[]): Table {
  const { rows, featureWidth } = table;
  if (features.length === featureWidth) return table;
  const taken = new Float32Array(rows * features.length);
  for (let row = 0; row < rows; row++) {
    for (let place = 0; place < features.length; place++)
      taken[row * features.length + place] = table.features[row * featureWidth + (features[place] as number)] as number;
  }
  return { ...table, featureWidth: features.length, features: taken };
}
