/**
 * The candidates of a search, and how each is trained: a function of the data's shape and the seed alone. The first ones are those of the
 * portfolio; a larger search adds variations of them, drawn by the seed.
 */
import { MAX_MEMBERS, type ResolvedAuto } from "../../domain/spec/auto-options.ts";
import type { Layer } from "../../domain/spec/layers.ts";
import type { NetworkSpec, ResolvedSpec, Task } from "../../domain/spec/spec.ts";
import { createRandom, type Random, streamKey } from "../../engine/index.ts";
import type { TargetTraits } from "../data/source.ts";
import { type FeatureKinds, featureView } from "./feature-views.ts";
import { lossOfClasses, ownUnitsLayers } from "./learned-targets.ts";
import { type Candidate, PORTFOLIO, TEXT_PORTFOLIO, VARIED } from "./portfolio.ts";

/** What the candidates of a search depend on. */
export interface SearchShape {
  readonly task: Task;
  /** Training rows. */
  readonly rows: number;
  /** Of these, the rows of each class; ones if that is not known yet. */
  readonly counts: readonly number[];
  /** Width of the network's output. */
  readonly outputs: number;
  readonly features: FeatureKinds;
}

/** Below this share of the rows, a class is rare. */
const RARE = 0.15;

/** Whether the data is the kind that a candidate is for. */
const IS_FOR: Readonly<Record<NonNullable<Candidate["only"]>, (traits: TargetTraits) => boolean>> = {
  classes: ({ rarest }) => rarest !== null,
  rare: ({ rarest }) => rarest !== null && rarest < RARE,
  wide: ({ rangesWidely }) => rangesWidely,
};

/** Multiply-adds that a default search may take, by rough count: they grow with the rows, and stay below a minute of two cores. */
const BUDGET = { base: 40e9, perRow: 8e6, most: 200e9 };
/** Epochs assumed for a candidate: early stopping ends most of them about there. */
const COUNTED_EPOCHS = 30;
/** Forward and backward passes, in multiply-adds of the weights. */
const PASSES = 3;
/** Minimum candidates of a default search, whatever they cost. */
const FEWEST = 3;

/** Returns the first `trials` candidates; null: as many of the portfolio as the budget allows, at least three. */
export function candidatesOf(
  shape: SearchShape,
  traits: TargetTraits,
  trials: number | null,
  folds: number,
  seed: number,
): Candidate[] {
  const known = allowed([...TEXT_PORTFOLIO, ...PORTFOLIO], shape).filter(({ only }) => !only || IS_FOR[only](traits));
  if (trials !== null) return Array.from({ length: trials }, (_, place) => known[place] ?? variation(shape, place, seed));
  const budget = Math.min(BUDGET.most, BUDGET.base + shape.rows * BUDGET.perRow);
  let spent = 0;
  const chosen: Candidate[] = [];
  for (const candidate of known) {
    const work = workOf(candidate, shape) * folds;
    if (chosen.length >= FEWEST && spent + work > budget) continue;
    chosen.push(candidate);
    spent += work;
  }
  return chosen;
}

/** The same budget for an audit: for a thousand rows of a dozen numbers, two trainings on all folds, one for each core. */
const AUDIT_BUDGET = 20e9;
/** Maximum times that an audit divides its rows, unless it is told how often. */
const USUAL_AUDITS = 5;
/** The candidate of an audit. It errs on other rows than a straight line does, so the two together find more than each. */
const AUDITOR = "128-128";

/** Returns the candidates of an audit: the same network this many times; null: as often as the budget allows, at least once. */
export function auditCandidatesOf(shape: SearchShape, trials: number | null, folds: number): Candidate[] {
  const known = shape.features.hasText ? TEXT_PORTFOLIO : PORTFOLIO;
  const auditor = (known.find(({ name }) => name === AUDITOR) ?? known[0]) as Candidate;
  const affordable = Math.floor(AUDIT_BUDGET / (workOf(auditor, shape) * folds));
  return new Array<Candidate>(trials ?? Math.max(1, Math.min(USUAL_AUDITS, affordable))).fill(auditor);
}

/** Returns the candidates that a resolved spec names. */
export function candidatesNamed(names: readonly string[], shape: SearchShape, seed: number): Candidate[] {
  const known = [...TEXT_PORTFOLIO, ...PORTFOLIO];
  return names.map((name, place) => known.find((candidate) => candidate.name === name) ?? variation(shape, place, seed));
}

/** Removes those that the features do not allow. */
function allowed(candidates: readonly Candidate[], { features }: SearchShape): Candidate[] {
  return candidates.filter(({ takesText, view }) =>
    takesText ? features.hasText : features.hasOthers && (view === "values" || features.hasBins),
  );
}

/** Approximate multiply-adds of training candidates on this many folds. */
export function searchWork(candidates: readonly Candidate[], shape: SearchShape, folds: number): number {
  return candidates.reduce((total, candidate) => total + workOf(candidate, shape) * folds, 0);
}

/** Approximate multiply-adds of training a candidate once. */
function workOf({ view, takesText, hidden, form }: Candidate, { rows, outputs, features }: SearchShape): number {
  const widths = [featureView(features, { view, takesText }).length, ...hidden, outputs];
  const stacked = widths.slice(1).reduce((total, width, index) => total + width * (widths[index] as number), 0);
  const within = form === "residual" ? hidden.reduce((total, units) => total + 4 * units * units, 0) : 0;
  if (form === "periodic") {
    const [features = 0, first = 0] = widths;
    const embedded = features * EMBEDDED * (2 * FREQUENCIES + first);
    return (stacked - features * first + embedded) * rows * COUNTED_EPOCHS * PASSES;
  }
  const weights = form === "shared" ? stacked * SHARING : stacked + within;
  return weights * rows * COUNTED_EPOCHS * PASSES;
}

/** A candidate beyond the portfolio: one of its networks with other widths, rates and dropout. */
function variation(shape: SearchShape, place: number, seed: number): Candidate {
  const random = createRandom(streamKey(seed, `candidate/${place}`));
  const networks = allowed(VARIED, shape);
  const base = networks[random.integer(networks.length)] as Candidate;
  const depth = 1 + random.integer(3);
  const width = pick(random, [32, 64, 96, 128, 192, 256]);
  const factor = 4 ** (random.uniform() - 0.5);
  return {
    ...base,
    name: `variation ${place + 1}`,
    hidden: new Array<number>(depth).fill(width),
    activation: pick(random, ["relu", "silu", "mish", "tanh"] as const),
    dropout: pick(random, [0, 0.1, 0.2, 0.3, 0.5]),
    learningRate: Number((base.learningRate * factor).toPrecision(3)),
    weightDecay: pick(random, [0.001, 0.01, 0.05, 0.1, 0.3]),
    batchFactor: pick(random, [0.5, 1, 1, 2]),
  };
}

const pick = <T>(random: Random, options: readonly T[]): T => options[random.integer(options.length)] as T;

/** The layers of a candidate, without the selection of its features. */
export function layersOf(candidate: Candidate, outputs: number): Layer[] {
  return [...LAYERS[candidate.form](candidate), ...lastLayers(candidate, outputs)];
}

/** The layers of a trained candidate: its own, then those that convert its outputs to the units of all others. */
export function servedLayersOf(candidate: Candidate, outputs: number): Layer[] {
  return [...layersOf(candidate, outputs), ...ownUnitsLayers(candidate.learned, outputs)];
}

/** The layers before the last one, of each form. */
const LAYERS: Readonly<Record<Candidate["form"], (candidate: Candidate) => Layer[]>> = {
  plain: hiddenLayers,
  normalised: (candidate) => [{ type: "batch_norm", eps: 1e-5, momentum: 0.1, affine: false }, ...hiddenLayers(candidate)],
  periodic: (candidate) => [
    { type: "periodic", frequencies: FREQUENCIES, sigma: SIGMA },
    linear(EMBEDDED, true),
    { type: "relu" },
    { type: "flatten" },
    ...hiddenLayers(candidate),
  ],
  shared: ({ hidden, activation, dropout }) =>
    hidden.flatMap((units): Layer[] => [
      { type: "batch_ensemble_linear", members: SHARING, units, bias: true },
      { type: activation },
      ...dropoutOf(dropout),
    ]),
  residual: ({ hidden, activation, dropout }) => {
    const [units = 0] = hidden;
    const norm: SimpleLayer = { type: "layer_norm", eps: 1e-5, elementwise_affine: true };
    const blocks = hidden.map((): Layer => {
      const within = [norm, linear(2 * units, true), { type: activation }, ...dropoutOf(dropout), linear(units, false)];
      return { type: "residual", layers: within };
    });
    return [linear(units, false), ...blocks, norm, { type: activation }];
  },
};

/** Number of members of shared networks. The paper has 32, which cost as many networks; eight give most of the gain. */
const SHARING = 8;

/** The last linear layer, or one for each member and their mean. */
function lastLayers({ form }: Candidate, outputs: number): Layer[] {
  if (form !== "shared") return [linear(outputs, false)];
  return [{ type: "per_feature_linear", units: outputs, bias: true }, { type: "mean_members" }];
}

/** For a periodic embedding (Gorishniy et al. 2022, PLR(lite)): frequencies of a feature, and numbers that it becomes. */
const FREQUENCIES = 16;
const SIGMA = 0.1;
const EMBEDDED = 8;

type SimpleLayer = Exclude<Layer, { type: "residual" | "ensemble" }>;

function hiddenLayers({ hidden, activation, dropout }: Candidate): Layer[] {
  return hidden.flatMap((units): Layer[] => [linear(units, true), { type: activation }, ...dropoutOf(dropout)]);
}

const dropoutOf = (p: number): SimpleLayer[] => (p > 0 ? [{ type: "dropout", p }] : []);

const linear = (units: number, beforeActivation: boolean): SimpleLayer => ({
  type: "linear",
  units,
  bias: true,
  ...(beforeActivation && { init: { weight: "kaiming_normal", bias: "default" } }),
});

/** Rows of a batch: larger for more rows, so that an epoch stays short. */
function batchSize(rows: number, factor: number): number {
  const usual = rows <= 5000 ? 64 : rows <= 20_000 ? 128 : rows <= 100_000 ? 256 : 1024;
  return Math.max(8, Math.min(rows, Math.round(usual * factor)));
}

/** Maximum epochs: a hundred for few rows, and at most a hundred times five thousand rows in all, but at least five epochs. */
function epochsOf(rows: number): number {
  return Math.max(5, Math.min(100, Math.round(500_000 / rows)));
}

/** Shorter patience for an audit: with many rows its network is at its best after a few epochs, and waiting was most of its time. */
const AUDIT_PATIENCE = { epochs: 5, steps: 60 };

/** The spec that trains a candidate: the job's, with the network and its training instead of the search. */
export function candidateSpec(spec: ResolvedSpec, candidate: Candidate, shape: SearchShape, seed: number): NetworkSpec {
  const epochs = epochsOf(shape.rows);
  const batch = batchSize(shape.rows, candidate.batchFactor);
  const usual = Math.max(3, Math.round(epochs * 0.15));
  const isAudit = "auto" in spec.model && spec.model.auto.audit === true;
  const patience = isAudit
    ? Math.min(usual, Math.max(AUDIT_PATIENCE.epochs, Math.ceil((AUDIT_PATIENCE.steps * batch) / shape.rows)))
    : usual;
  return {
    ...spec,
    model: { layers: layersOf(candidate, shape.outputs) },
    loss: shape.task === "regression" ? lossOfTask(shape.task) : lossOfClasses(candidate.learned, shape.counts),
    metrics: [],
    optimizer: {
      type: "adamw",
      lr: candidate.learningRate,
      weight_decay: candidate.weightDecay,
      betas: [0.9, 0.999],
      eps: 1e-8,
      amsgrad: false,
    },
    scheduler: null,
    clip_grad: { type: "norm", max_norm: 5, norm_type: 2 },
    epochs,
    batch_size: batch,
    shuffle: true,
    early_stopping: { monitor: "val_loss", patience, min_delta: 0, restore_best: true },
    init_from: null,
    seed,
  };
}

/** The loss that trains the networks of a task. */
export function lossOfTask(task: Task): ResolvedSpec["loss"] {
  if (task === "regression") return { type: "mse" };
  return task === "binary_classification"
    ? { type: "bce_with_logits", pos_weight: 1 }
    : { type: "cross_entropy", weight: null, label_smoothing: 0 };
}

/** Maximum weights of finished candidates that a search keeps: the best, from which the average will be made. */
export function keptCandidates({ members }: Pick<ResolvedAuto, "members">): number {
  return Math.min(2 * MAX_MEMBERS, 2 * members + 4);
}
