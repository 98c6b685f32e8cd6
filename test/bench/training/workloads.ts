/** The eight training steps of speed_torch.py, built through the engine's door. Data are resident, as they are in a job. */
import {
  compile,
  createLoss,
  createOptimizer,
  createRandom,
  type Executable,
  grad,
  graph,
  type LayerSpec,
  type LossSpec,
  type OptimizerSpec,
  type Program,
  sequential,
  type Tensor,
} from "../../../src/engine/index.ts";

export interface Workload {
  /** The name in speed_torch.py. */
  readonly name: string;
  readonly widths: readonly number[];
  readonly rows: number;
  readonly activation: "relu" | "tanh";
  readonly loss: LossSpec;
  readonly optimizer: OptimizerSpec;
  readonly lr: number;
  /** PyTorch's time over ours that must be reached, and what to aim at. */
  readonly atLeast: number;
  readonly aim: number;
}

const CROSS_ENTROPY: LossSpec = { type: "cross_entropy" };
const ADAM: OptimizerSpec = { type: "adam" };
const common = { activation: "relu", optimizer: ADAM, loss: CROSS_ENTROPY } as const;

export const WORKLOADS: readonly Workload[] = [
  {
    ...common,
    name: "linear 1-1, 100 rows, SGD",
    widths: [1, 1],
    rows: 100,
    loss: { type: "mse" },
    optimizer: { type: "sgd" },
    lr: 0.01,
    atLeast: 50,
    aim: 100,
  },
  {
    ...common,
    name: "logistic 2-1, 200 rows, Adam",
    widths: [2, 1],
    rows: 200,
    loss: { type: "bce" },
    lr: 0.1,
    atLeast: 50,
    aim: 100,
  },
  {
    ...common,
    name: "mlp 2-4-1, 200 rows, Adam",
    widths: [2, 4, 1],
    rows: 200,
    loss: { type: "bce" },
    lr: 0.05,
    atLeast: 50,
    aim: 100,
  },
  { ...common, name: "mlp 4-32-3, batch 32, Adam", widths: [4, 32, 3], rows: 32, lr: 0.01, atLeast: 25, aim: 40 },
  {
    ...common,
    name: "mlp 20-64-64-2, batch 64, Adam",
    widths: [20, 64, 64, 2],
    rows: 64,
    activation: "tanh",
    lr: 0.001,
    atLeast: 4,
    aim: 6,
  },
  { ...common, name: "mlp 784-128-10, batch 64, Adam", widths: [784, 128, 10], rows: 64, lr: 0.001, atLeast: 1.3, aim: 1.6 },
  {
    ...common,
    name: "mlp 784-512-512-10, batch 128, Adam",
    widths: [784, 512, 512, 10],
    rows: 128,
    lr: 0.001,
    atLeast: 0.6,
    aim: 0.8,
  },
  {
    ...common,
    name: "mlp 1024-1024-1024-10, batch 512, Adam",
    widths: [1024, 1024, 1024, 10],
    rows: 512,
    lr: 0.001,
    atLeast: 0.4,
    aim: 0.5,
  },
];

export interface Running {
  readonly executable: Executable;
  /** Milliseconds to build the graph, and to compile it. */
  readonly buildMs: number;
  readonly compileMs: number;
  /** Multiplications and additions of the matrix products of a step: forward, and twice that backward but for the input. */
  readonly flops: number;
  /** One step as a training loop takes it: the optimiser's scalars, the step, the loss. */
  step(): number;
  /** As many steps in one call as the tables hold, with each loss read. */
  run(): number;
}

export const STEPS_OF_RUN = 256;

/** A compiled training step, its weights drawn, its data filled; `shared` as in CompileOptions. */
export function start(workload: Workload, shared = false): Running {
  const began = performance.now();
  const { program, network, scalars } = trainingStep(workload);
  const built = performance.now();
  const executable = compile({ train: program }, { maxSteps: STEPS_OF_RUN, shared });
  const compiled = performance.now();
  const random = createRandom([1, 2]);
  for (const { name, shape } of network.parameters) {
    const bound = 1 / Math.sqrt(shape.at(-1) as number);
    executable.write(
      name,
      Float32Array.from({ length: graph.sizeOf(shape) }, () => (2 * random.uniform() - 1) * bound),
    );
  }
  const [inputs, outputs] = [workload.widths[0] as number, workload.widths.at(-1) as number];
  executable.write(
    "x",
    Float32Array.from({ length: workload.rows * inputs }, () => random.normal()),
  );
  const labels = workload.loss.type === "cross_entropy" ? outputs : 2;
  executable.write(
    "t",
    Float32Array.from({ length: workload.rows * (workload.loss.type === "cross_entropy" ? 1 : outputs) }, () =>
      random.integer(labels),
    ),
  );

  const tables = Object.entries(scalars).map(([name, value]) => ({ table: executable.feed("train", name), value }));
  const loss = executable.result("train", "loss");
  let taken = 0;
  const fill = (steps: number): void => {
    for (let step = 0; step < steps; step++) {
      taken += 1;
      for (const { table, value } of tables) table[step] = value(taken, workload.lr);
    }
  };
  return {
    executable,
    buildMs: built - began,
    compileMs: compiled - built,
    flops: flopsOf(workload),
    step() {
      fill(1);
      executable.run("train", 1);
      return loss[0] as number;
    },
    run() {
      fill(STEPS_OF_RUN);
      executable.run("train", STEPS_OF_RUN);
      let sum = 0;
      for (const value of loss) sum += value;
      return sum;
    },
  };
}

function trainingStep({ widths, rows, activation, loss, optimizer: spec }: Workload) {
  const specs: LayerSpec[] = widths
    .slice(1)
    .flatMap((units, layer): LayerSpec[] => [
      { type: "linear", units },
      ...(layer < widths.length - 2 ? [{ type: activation }] : loss.type === "bce" ? [{ type: "sigmoid" } as const] : []),
    ]);
  const network = sequential(specs, [widths[0] as number]);
  const states = new Map(network.parameters.map(({ name, shape }) => [name, graph.state(name, shape)]));
  const output = network.forward(graph.state("x", [rows, widths[0] as number]), (name) => states.get(name) as Tensor, {
    training: true,
  });
  const target = graph.state("t", loss.type === "cross_entropy" ? [rows] : [rows, widths.at(-1) as number]);
  const value = createLoss(loss)(output, target);
  const optimizer = createOptimizer(spec);
  const inputs = Object.fromEntries(Object.keys(optimizer.scalars).map((name) => [name, graph.input(name, [])]));
  const parameters = [...states];
  const gradients = grad(
    value,
    parameters.map(([, tensor]) => tensor),
  );
  const updates = parameters.flatMap(([name, parameter], index) => {
    const slots = Object.fromEntries(
      Object.keys(optimizer.slots).map((slot) => [slot, graph.state(`${slot}/${name}`, parameter.shape)]),
    );
    const next = optimizer.update({ parameter, gradient: gradients[index] as Tensor, slots, scalars: inputs });
    return [
      { state: parameter, next: next.parameter },
      ...Object.entries(slots).map(([slot, state]) => ({ state, next: next.slots[slot] as Tensor })),
    ];
  });
  const program: Program = { outputs: { loss: value }, updates };
  return { program, network, scalars: optimizer.scalars };
}

function flopsOf({ widths, rows }: Workload): number {
  return widths
    .slice(1)
    .reduce((sum, width, layer) => sum + 2 * rows * width * (widths[layer] as number) * (layer === 0 ? 2 : 3), 0);
}
