/** The programs of a playground: a step of training, the loss of a part, and the predictions of a grid. Runs in the worker. */
import {
  compile,
  createLoss,
  createOptimizer,
  type Executable,
  grad,
  graph,
  type LayerSpec,
  type Loss,
  type Network,
  type Optimizer,
  type Program,
  sequential,
  type Tensor,
} from "../../engine/index.ts";
import type { TrainerSetup } from "./messages.ts";
import type { PlaygroundRows } from "./rows.ts";

/** Names of inputs, and of states other than the network's. */
const scalarOf = (name: string) => `optimizer.${name}`;
const slotOf = (slot: string, parameter: string) => `${slot}/${parameter}`;

/** The compiled programs, and what is needed to fill their memory and read their results. */
export interface Programs {
  readonly executable: Executable;
  readonly network: Network;
  readonly optimizer: Optimizer;
  /** Rows of a batch, and of the last one of an epoch if it differs; else 0. */
  readonly batch: number;
  readonly tail: number;
  readonly stepsPerEpoch: number;
}

/** Maximum steps of one call: their outputs are kept for each. */
const MAX_STEPS = 32;

/**
 * Compiles the training of a setup on these rows, and the prediction of `gridRows` rows at once. Throws a GraphError for layers that do not
 * fit.
 */
export function compilePrograms(setup: TrainerSetup, rows: PlaygroundRows, gridRows: number): Programs {
  const outputs = rows.classes.length > 2 ? rows.classes.length : 1;
  const network = sequential(withOutputs(setup.layers, outputs), [2]);
  const optimizer = createOptimizer(setup.optimizer);
  const parts = { train: rows.train.rows, validation: rows.validation.rows };
  const batch = Math.min(setup.batchSize, parts.train);
  const tail = parts.train % batch;
  const context: Context = { network, optimizer, loss: lossOf(rows.classes), trainRows: parts.train };
  const programs: Record<string, Program> = { train: step(context, batch), train_part: part(context, "train", parts.train) };
  if (tail > 0) programs.tail = step(context, tail);
  if (parts.validation > 0) programs.validation_part = part(context, "validation", parts.validation);
  programs.grid = { outputs: { output: forward(context, graph.state("grid.features", [gridRows, 2])) } };
  const stepsPerEpoch = Math.floor(parts.train / batch) + (tail > 0 ? 1 : 0);
  const executable = compile(programs, { maxSteps: Math.min(MAX_STEPS, stepsPerEpoch) });
  return { executable, network, optimizer, batch, tail, stepsPerEpoch };
}

function withOutputs(layers: readonly LayerSpec[], outputs: number): LayerSpec[] {
  return layers.map((layer, index) => (index === layers.length - 1 ? ({ ...layer, units: outputs } as LayerSpec) : layer));
}

/** The loss that a job takes for the task. */
function lossOf({ length }: readonly string[]): Loss {
  if (length === 0) return createLoss({ type: "mse" });
  return createLoss(length === 2 ? { type: "bce_with_logits" } : { type: "cross_entropy" });
}

interface Context {
  readonly network: Network;
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly trainRows: number;
}

const tensorOf = (network: Network) => {
  const tensors = new Map(network.tensors.map(({ name, shape }) => [name, graph.state(name, shape)]));
  return (name: string) => tensors.get(name) as Tensor;
};

const forward = ({ network }: Context, features: Tensor): Tensor =>
  network.forward(features, tensorOf(network), { training: false });

function lossFor({ loss }: Context, output: Tensor, targets: Tensor): Tensor {
  const isCounted = (output.shape[1] as number) > 1;
  return loss(output, isCounted ? graph.reshape(targets, [targets.shape[0] as number]) : targets);
}

/** One step on a batch whose rows are fed. */
function step(context: Context, rows: number): Program {
  const { network, optimizer, trainRows } = context;
  const positions = graph.input("rows", [rows], "int");
  const features = graph.gather(graph.state("train.features", [trainRows, 2]), positions);
  const targets = graph.gather(graph.state("train.targets", [trainRows, 1]), positions);
  const tensor = tensorOf(network);
  const loss = lossFor(context, network.forward(features, tensor, { training: true }), targets);
  const weights = network.parameters.map(({ name }) => tensor(name));
  const gradients = grad(loss, weights);
  const scalars = Object.fromEntries(Object.keys(optimizer.scalars).map((name) => [name, graph.input(scalarOf(name), [])]));
  const updates = network.parameters.flatMap(({ name, shape }, index) => {
    const slots = Object.fromEntries(
      Object.keys(optimizer.slots).map((slot) => [slot, graph.state(slotOf(slot, name), shape)]),
    );
    const parameter = weights[index] as Tensor;
    const next = optimizer.update({ parameter, gradient: gradients[index] as Tensor, slots, scalars });
    const ofSlots = Object.entries(slots).map(([slot, state]) => ({ state, next: next.slots[slot] as Tensor }));
    return [{ state: parameter, next: next.parameter }, ...ofSlots];
  });
  return { outputs: { loss }, updates };
}

/** The loss and the outputs of a whole part, at the current weights. */
function part(context: Context, name: string, rows: number): Program {
  const output = forward(context, graph.state(`${name}.features`, [rows, 2]));
  return { outputs: { loss: lossFor(context, output, graph.state(`${name}.targets`, [rows, 1])), output } };
}

/** The feed table of a scalar of the optimiser. */
export const scalarFeed = ({ executable }: Programs, program: string, name: string) => executable.feed(program, scalarOf(name));

/** Writes a parameter's initial slots. */
export function writeSlots({ executable, optimizer }: Programs, parameter: string, size: number): void {
  for (const [slot, fill] of Object.entries(optimizer.slots)) {
    executable.write(slotOf(slot, parameter), new Float32Array(size).fill(fill));
  }
}

/** The probabilities of classes from the outputs of one row, in the order of the labels. */
export function sharesOf(outputs: ArrayLike<number>): number[] {
  if (outputs.length === 1) {
    const second = 1 / (1 + Math.exp(-(outputs[0] as number)));
    return [1 - second, second];
  }
  const peak = Math.max(...Array.from(outputs));
  const powers = Array.from(outputs, (output) => Math.exp(output - peak));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
