/** Trains a candidate on the rows of a fold, as one trial of a plan, until its loss on the held-out rows stops falling. */
import type { NetworkSpec } from "../../domain/spec/spec.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import type { Table } from "../data/table.ts";
import { trainTrial } from "../many/train-many.ts";
import { planTrials, type TrialPlan } from "../many/trial-plan.ts";

/** A trained network, or why there is none. */
export type FoldResult =
  | { readonly state: "trained"; readonly weights: TensorSet; readonly epochs: number }
  | { readonly state: "diverged" }
  | { readonly state: "ended" };

/** Creates a trainer that compiles a candidate once for all folds of equal sizes. `ended` is called every few milliseconds. */
export function createFoldTrainer(ended: () => boolean) {
  let planned: { readonly key: string; readonly plan: TrialPlan } | null = null;
  const planFor = (spec: NetworkSpec, train: Table, validation: Table, classes: number): TrialPlan => {
    const { rows, featureWidth, targetWidth } = train;
    const key = JSON.stringify([{ ...spec, seed: 0 }, rows, validation.rows, featureWidth]);
    if (planned?.key === key) return planned.plan;
    const plan = planTrials(spec, {
      rows,
      validationRows: validation.rows,
      featureWidth,
      targetWidth,
      embeddings: [],
      classCounts: new Array<number>(classes).fill(1),
      weighted: train.weights !== null,
    });
    planned = { key, plan };
    return plan;
  };
  return (spec: NetworkSpec, train: Table, validation: Table, classes: number): FoldResult => {
    const outcome = trainTrial(planFor(spec, train, validation, classes), { seed: spec.seed, train, validation }, ended);
    if (outcome.state === "cancelled") return { state: "ended" };
    if (outcome.state === "failed") return { state: "diverged" };
    return { state: "trained", weights: outcome.weights, epochs: outcome.bestEpoch };
  };
}
