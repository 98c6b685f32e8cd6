/**
 * Builds the programs that train a resolved spec: a step for a full batch, a step for the shorter last batch, and validation.
 * They share one memory for the rows, the weights and the optimiser's state.
 */
import type { TargetScaling } from "../../domain/datasets/preprocessing.ts";
import { trainsMembers } from "../../domain/spec/layer-walks.ts";
import { isRanked, type NetworkSpec } from "../../domain/spec/spec.ts";
import {
  clipByNorm,
  clipByValue,
  createLoss,
  createOptimizer,
  grad,
  graph,
  inScope,
  LayerError,
  type Network,
  nn,
  type Optimizer,
  type Program,
  type Programs,
  type Tensor,
} from "../../engine/index.ts";
import { resolveLoss } from "../data/class-weights.ts";
import { type OutputKind, sumGraph, sumsOf, valueOutput } from "../evaluate/metrics.ts";
import { memberLoss } from "./member-loss.ts";
import { ACTIVATIONS, type Embedding, freeze, LOSS_ACTIVATION, networkOf } from "./network.ts";
import { createPlanCache } from "./plan-cache.ts";

export interface TrainingSizes {
  /** The scaling of each target column; not scaled if left out. Only metrics use it. */
  readonly targetScalings?: readonly (TargetScaling | null)[];
  readonly rows: number;
  /** 0 if no rows are held out. */
  readonly validationRows: number;
  readonly featureWidth: number;
  readonly targetWidth: number;
  readonly embeddings: readonly Embedding[];
  /** Training rows of each class; empty for a regression. */
  readonly classCounts: readonly number[];
  /** Whether the rows have weights in the loss. */
  readonly weighted: boolean;
}

/** Names of the states that the caller fills. Weights and optimiser state are named after their parameters. */
export const STATES = {
  features: "train.features",
  targets: "train.targets",
  weights: "train.weights",
  validationFeatures: "validation.features",
  validationTargets: "validation.targets",
  validationWeights: "validation.weights",
  dropoutKey: (layer: string) => `dropout.${layer}`,
  slot: (slot: string, parameter: string) => `${slot}/${parameter}`,
} as const;

/** Names of the inputs of a step: the indices of its rows (int), the number of the step (int), the optimiser's scalars. */
export const INPUTS = { rows: "rows", step: "step", scalar: (name: string) => `optimizer.${name}` } as const;

/** The output of validation that metrics rank: probabilities, [rows, outputs]. */
export const RANKED_OUTPUT = "ranked";

export interface TrainingPlan {
  /** `train`, and where needed `tail` (the last batch, of another number of rows), `validate` and `validate_tail`. */
  readonly programs: Programs;
  readonly maxSteps: number;
  readonly network: Network;
  readonly optimizer: Optimizer;
  /** Rows per batch; a full batch if it equals `sizes.rows`. */
  readonly batch: number;
  /** Number of batches of that many rows in an epoch. */
  readonly wholeSteps: number;
  /** Rows of the last batch of an epoch if it differs from `batch`; otherwise 0. */
  readonly tail: number;
  readonly stepsPerEpoch: number;
  /** Rows of a validation block; 0 if validation is part of the training step or absent. */
  readonly validationBatch: number;
  readonly validationTail: number;
  /** Whether the training step itself computes validation, with its updated weights. */
  readonly fusedValidation: boolean;
}

/** Maximum rows of a validation block: bounds its scratch memory. */
const VALIDATION_BLOCK = 1024;
/** Maximum steps per call into the program, and maximum row indices in its feed table. */
const MAX_STEPS = 512;
const MAX_FEED_ROWS = 65_536;
/** Maximum probabilities in the result table of ranked rows: 4 MiB. */
const MAX_RANKED_VALUES = 2 ** 20;

/** The parts of a spec that its plan depends on. */
type PlannedSpec = Pick<
  NetworkSpec,
  "task" | "model" | "loss" | "optimizer" | "metrics" | "batch_size" | "clip_grad" | "init_from"
>;

export interface PlanOptions {
  /** Whether the optimiser's constants are inputs of each step, as its scalars are, so that runs with other constants share the steps. */
  readonly feedsConstants?: boolean;
}

/**
 * Builds the network, the optimiser and the programs of a run for data of these sizes. Throws a GraphError if layers do not
 * fit together.
 */
export function planTraining(
  spec: PlannedSpec,
  sizes: TrainingSizes,
  { feedsConstants = false }: PlanOptions = {},
): TrainingPlan {
  const networkOfLayers = (layers: NetworkSpec["model"]["layers"]) => networkOf(layers, sizes.featureWidth, sizes.embeddings);
  const { layers } = spec.model;
  const network = freeze(networkOfLayers(layers), spec.init_from?.freeze ?? []);
  const members = trainsMembers(layers) ? networkOfLayers(layers.slice(0, -1)) : null;
  const optimizer = createOptimizer(spec.optimizer);
  const tensors = new Map(network.tensors.map(({ name, shape }) => [name, graph.state(name, shape)]));
  const context: Context = { spec, sizes, network, members, optimizer, tensors, feedsConstants };
  const { batch, wholeSteps, tail } = batchesOf(context);
  const fusedValidation = batch === sizes.rows && sizes.validationRows > 0;
  const separate = sizes.validationRows > 0 && !fusedValidation;
  const validationBatch = separate ? Math.min(sizes.validationRows, Math.max(batch, VALIDATION_BLOCK)) : 0;
  const validationTail = validationBatch > 0 ? sizes.validationRows % validationBatch : 0;

  const programs: Record<string, Program> = { train: trainingStep(context, batch) };
  if (tail > 0) programs.tail = trainingStep(context, tail);
  if (validationBatch > 0) programs.validate = validation(context, validationBatch);
  if (validationTail > 0) programs.validate_tail = validation(context, validationTail);
  const ranked = rankedValues(context, fusedValidation ? sizes.validationRows : validationBatch);
  const fed = batch === sizes.rows ? 0 : Math.max(batch, validationBatch);
  const maxSteps = Math.max(1, Math.floor(Math.min(MAX_STEPS, MAX_FEED_ROWS / fed, MAX_RANKED_VALUES / ranked)));
  return {
    programs,
    maxSteps,
    network,
    optimizer,
    batch,
    wholeSteps,
    tail,
    stepsPerEpoch: wholeSteps + (tail > 0 ? 1 : 0),
    validationBatch,
    validationTail,
    fusedValidation,
  };
}

const planOf = createPlanCache((spec: PlannedSpec, sizes: TrainingSizes) => planTraining(spec, sizes));

/** Does the same, or returns the cached plan of an equal network for equal sizes. Throws what `planTraining` throws. */
export function keptPlan(spec: PlannedSpec, sizes: TrainingSizes): TrainingPlan {
  const { task, model, loss, optimizer, metrics, batch_size, clip_grad, init_from } = spec;
  return planOf({ task, model, loss, optimizer, metrics, batch_size, clip_grad, init_from }, sizes);
}

/**
 * The batches of an epoch. A single leftover row is a batch of its own if the network can train on it; a batch_norm cannot, and then the
 * row joins the batch before it.
 */
function batchesOf(context: Context): { batch: number; wholeSteps: number; tail: number } {
  const { rows } = context.sizes;
  const batch = Math.min(context.spec.batch_size ?? rows, rows);
  const wholeSteps = Math.floor(rows / batch);
  const tail = rows % batch;
  if (tail !== 1 || trainsOnOneRow(context)) return { batch, wholeSteps, tail };
  return wholeSteps === 1 ? { batch: rows, wholeSteps: 1, tail: 0 } : { batch, wholeSteps: wholeSteps - 1, tail: batch + 1 };
}

function trainsOnOneRow(context: Context): boolean {
  try {
    trainingStep(context, 1);
    return true;
  } catch (error) {
    if (error instanceof LayerError) return false;
    throw error;
  }
}

interface Context {
  readonly spec: PlannedSpec;
  readonly sizes: TrainingSizes;
  readonly network: Network;
  /** The network up to the mean over its members, [members, outputs] for a row; null if it does not end with one. */
  readonly members: Network | null;
  readonly optimizer: Optimizer;
  readonly feedsConstants: boolean;
  /** Parameters and buffers of the network before a step. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** The training step for `rows` rows: forward, loss, metrics, backward, clipping and the optimiser's update. */
function trainingStep(context: Context, rows: number): Program {
  const { spec, sizes, network, members, tensors } = context;
  const { features, targets, rowWeights } = batchOf(sizes, rows);
  const step = graph.input(INPUTS.step, [], "int");
  const uniform = (layer: string, shape: readonly number[]) =>
    graph.uniform(graph.state(STATES.dropoutKey(layer), [2], "int"), step, shape);
  const buffers = new Map<string, Tensor>();
  const trained = inScope({ part: "forward" }, () =>
    (members ?? network).forward(features, (name) => tensors.get(name) as Tensor, {
      training: true,
      uniform,
      update: (name, next) => buffers.set(name, next),
    }),
  );
  const output = members ? nn.mean(trained, [1]) : trained;
  const loss = inScope({ part: "loss", type: spec.loss.type }, () =>
    members
      ? memberLoss((...batch) => lossOf(context, ...batch), trained, targets, rowWeights)
      : lossOf(context, output, targets, rowWeights),
  );
  const names = network.parameters.map(({ name }) => name);
  const weights = names.map((name) => tensors.get(name) as Tensor);
  const gradients = grad(loss, weights);
  const clipped = inScope({ part: "clipping", type: spec.clip_grad?.type ?? "" }, () => clip(spec, gradients));
  const { updates, next } = update(context, names, weights, clipped.gradients);
  for (const [name, tensor] of buffers) {
    next.set(name, tensor);
    updates.push({ state: tensors.get(name) as Tensor, next: tensor });
  }
  const outputs: Record<string, Tensor> = { loss, ...metricSums(context, output, targets, "") };
  if (clipped.norm) outputs.grad_norm = clipped.norm;
  if (rows === sizes.rows && sizes.validationRows > 0) Object.assign(outputs, heldOut(context, next));
  return { outputs, updates };
}

/** The rows of a step: all training rows, or those at the indices that the caller feeds. */
function batchOf(sizes: TrainingSizes, rows: number): Batch {
  const features = graph.state(STATES.features, [sizes.rows, sizes.featureWidth]);
  const targets = graph.state(STATES.targets, [sizes.rows, sizes.targetWidth]);
  const rowWeights = sizes.weighted ? graph.state(STATES.weights, [sizes.rows]) : undefined;
  const all = { features, targets, rowWeights };
  return rows === sizes.rows ? all : gatherBatch(all, graph.input(INPUTS.rows, [rows], "int"));
}

interface Batch {
  readonly features: Tensor;
  readonly targets: Tensor;
  /** [rows] */
  readonly rowWeights: Tensor | undefined;
}

function gatherBatch({ features, targets, rowWeights }: Batch, positions: Tensor): Batch {
  return {
    features: graph.gather(features, positions),
    targets: graph.gather(targets, positions),
    rowWeights: rowWeights && graph.gather(rowWeights, positions),
  };
}

function validationLeaves(sizes: TrainingSizes): Batch {
  return {
    features: graph.state(STATES.validationFeatures, [sizes.validationRows, sizes.featureWidth]),
    targets: graph.state(STATES.validationTargets, [sizes.validationRows, sizes.targetWidth]),
    rowWeights: sizes.weighted ? graph.state(STATES.validationWeights, [sizes.validationRows]) : undefined,
  };
}

/** Computes loss and metrics of a block of held-out rows, at the indices that the caller feeds. */
function validation(context: Context, rows: number): Program {
  const { sizes, network, tensors } = context;
  const positions = graph.input(INPUTS.rows, [rows], "int");
  const { features, targets, rowWeights } = gatherBatch(validationLeaves(sizes), positions);
  const output = network.forward(features, (name) => tensors.get(name) as Tensor, { training: false });
  const loss = lossOf(context, output, targets, rowWeights);
  return { outputs: { loss, ...metricSums(context, output, targets, ""), ...rankedOutputs(context, output) } };
}

/** The probabilities of held-out rows, [rows, outputs], if a metric ranks them. */
function rankedOutputs({ spec }: Context, output: Tensor): Record<string, Tensor> {
  if (!spec.metrics.some(isRanked)) return {};
  return { [RANKED_OUTPUT]: ACTIVATIONS[LOSS_ACTIVATION[spec.loss.type]](output) };
}

/** The number of them for this many rows; 0 if nothing is ranked. */
function rankedValues({ spec, sizes }: Context, rows: number): number {
  if (!spec.metrics.some(isRanked)) return 0;
  return rows * (spec.loss.type === "cross_entropy" ? sizes.classCounts.length : 1);
}

/** Computes loss and metrics of all held-out rows, with the updated weights of this step. */
function heldOut(context: Context, next: ReadonlyMap<string, Tensor>): Record<string, Tensor> {
  const { sizes, network, tensors } = context;
  const { features, targets, rowWeights } = validationLeaves(sizes);
  const output = network.forward(features, (name) => (next.get(name) ?? tensors.get(name)) as Tensor, { training: false });
  return {
    val_loss: lossOf(context, output, targets, rowWeights),
    ...metricSums(context, output, targets, "val_"),
    ...rankedOutputs(context, output),
  };
}

/** The loss of outputs, [rows, ...]: a mean over rows, as the spec has it. */
export function lossOf(
  { spec, sizes }: Pick<Context, "spec" | "sizes">,
  output: Tensor,
  targets: Tensor,
  rowWeights: Tensor | undefined,
): Tensor {
  const rows = targets.shape[0] as number;
  const loss = createLoss(resolveLoss(spec.loss, sizes.classCounts));
  return loss(output, spec.loss.type === "cross_entropy" ? graph.reshape(targets, [rows]) : targets, rowWeights);
}

function metricSums(
  { spec, sizes: { targetScalings = [] } }: Context,
  outputs: Tensor,
  targets: Tensor,
  prefix: string,
): Record<string, Tensor> {
  const output = spec.loss.type === "pinball" ? valueOutput(outputs, spec.loss.quantiles) : outputs;
  const kind = outputKind(spec);
  const classes = kind === "values" ? 0 : kind === "scores" ? (output.shape[1] as number) : 2;
  if (targetScalings.some((scaling) => scaling?.transform === "log")) {
    const own = { kind, classes, zeros: [] };
    const [values, actual] = [output, targets].map((tensor) => inOwnUnits(tensor, targetScalings)) as [Tensor, Tensor];
    return Object.fromEntries(sumsOf(spec.metrics).map((name) => [prefix + name, sumGraph(name, values, actual, own)]));
  }
  const zeros = targetScalings.some((scaling) => scaling !== null)
    ? targetScalings.map((scaling) => (scaling ? -scaling.offset / scaling.scale : 0))
    : [];
  return Object.fromEntries(
    sumsOf(spec.metrics).map((name) => [prefix + name, sumGraph(name, output, targets, { kind, classes, zeros })]),
  );
}

/** Greatest logarithm that a metric undoes: the square of the value fits float32, summed over many rows. */
const MAX_METRIC_LOG = 40;

/** Outputs or targets that are learned as logarithms, in their own units, as in training/data/target-units.ts. */
function inOwnUnits(tensor: Tensor, scalings: readonly (TargetScaling | null)[]): Tensor {
  const { add, constant, exp, minimum, mul, sub } = graph;
  const scaled = mul(tensor, constant(scalings.map((scaling) => scaling?.scale ?? 1)));
  const logs = add(scaled, constant(scalings.map((scaling) => scaling?.offset ?? 0)));
  return sub(exp(minimum(logs, MAX_METRIC_LOG)), 1);
}

function outputKind({ task, loss }: PlannedSpec): OutputKind {
  if (task === "regression") return "values";
  if (loss.type === "cross_entropy") return "scores";
  return loss.type === "bce" ? "probability" : "logit";
}

function clip({ clip_grad }: PlannedSpec, gradients: readonly Tensor[]): { gradients: readonly Tensor[]; norm: Tensor | null } {
  if (clip_grad === null) return { gradients, norm: null };
  if (clip_grad.type === "value") return { gradients: clipByValue(gradients, clip_grad.clip_value), norm: null };
  const p = clip_grad.norm_type === "inf" ? Number.POSITIVE_INFINITY : clip_grad.norm_type;
  return clipByNorm(gradients, clip_grad.max_norm, p);
}

function update(
  { spec, optimizer, feedsConstants }: Context,
  names: readonly string[],
  weights: readonly Tensor[],
  gradients: readonly Tensor[],
) {
  const fed = (names: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.keys(names).map((name) => [name, graph.input(INPUTS.scalar(name), [])]));
  const scalars = fed(optimizer.scalars);
  const constants = feedsConstants ? fed(optimizer.constants) : optimizer.constants;
  const updates: { state: Tensor; next: Tensor }[] = [];
  const next = new Map<string, Tensor>();
  weights.forEach((parameter, index) => {
    const name = names[index] as string;
    const slots = Object.fromEntries(
      Object.keys(optimizer.slots).map((slot) => [slot, graph.state(STATES.slot(slot, name), parameter.shape)]),
    );
    const gradient = gradients[index] as Tensor;
    const result = inScope({ part: "update", segment: name, type: spec.optimizer.type }, () =>
      optimizer.update({ parameter, gradient, slots, scalars, constants }),
    );
    next.set(name, result.parameter);
    updates.push({ state: parameter, next: result.parameter });
    for (const [slot, tensor] of Object.entries(slots)) updates.push({ state: tensor, next: result.slots[slot] as Tensor });
  });
  return { updates, next };
}
