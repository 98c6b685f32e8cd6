/** Threads that run a step together: the bits of one thread, whoever takes part; a member that dies. */
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  clipByNorm,
  compile,
  createLoss,
  createOptimizer,
  type Executable,
  GraphError,
  grad,
  graph,
  type Invitation,
  type LayerSpec,
  LostThreadError,
  leavesOf,
  limitTeam,
  type OptimizerSpec,
  type Program,
  sequential,
  type Tensor,
} from "../../../../src/engine/index.ts";
import { samples } from "../comparison.ts";

const THREADS = [1, 2, 3, 4, 5, 8];
const MEMBERS = 7;
/** How many random networks are trained by each number of threads. `TEAM_NETWORKS=2000` looks longer. */
const NETWORKS = Number(process.env.TEAM_NETWORKS ?? 15);

const OPTIMIZERS: readonly OptimizerSpec[] = [
  { type: "sgd", momentum: 0.9, nesterov: true },
  { type: "adam", amsgrad: true },
  { type: "adamw", weight_decay: 0.01 },
  { type: "nadam" },
  { type: "rmsprop", centered: true, momentum: 0.5 },
  { type: "adagrad" },
  { type: "adadelta" },
];

const hidden: fc.Arbitrary<LayerSpec> = fc.constantFrom(
  { type: "relu" },
  { type: "tanh" },
  { type: "gelu" },
  { type: "dropout", p: 0.3 },
  { type: "batch_norm" },
  { type: "layer_norm" },
);

const network = fc.record({
  widths: fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 2, maxLength: 4 }),
  rows: fc.integer({ min: 2, max: 150 }),
  layers: fc.array(hidden, { minLength: 0, maxLength: 3 }),
  optimizer: fc.constantFrom(...OPTIMIZERS),
  isClipped: fc.boolean(),
  isGathered: fc.boolean(),
});

type Drawn = typeof network extends fc.Arbitrary<infer Value> ? Value : never;

/** A step of training the network that was drawn, with the held-out loss of its new weights. */
function stepOf({ widths, rows, layers, optimizer: spec, isClipped, isGathered }: Drawn): Program {
  const [inputs, ...rest] = widths as [number, ...number[]];
  const specs = rest.flatMap((units, layer): LayerSpec[] => [
    { type: "linear", units },
    ...(layer < rest.length - 1 ? layers : []),
  ]);
  const built = sequential(specs, [inputs]);
  const tensors = new Map(built.tensors.map(({ name, shape }) => [name, graph.state(name, shape)]));
  const outputs = rest.at(-1) as number;
  const positions = graph.input("rows", [rows], "int");
  const batch = (name: string, width: number) => {
    const all = graph.state(name, [isGathered ? 2 * rows : rows, width]);
    return isGathered ? graph.gather(all, positions) : all;
  };
  const counter = graph.input("counter", [], "int");
  const next = new Map<string, Tensor>();
  const trained = built.forward(batch("x", inputs), (name) => tensors.get(name) as Tensor, {
    training: true,
    uniform: (layer, shape) => graph.uniform(graph.state(`key/${layer}`, [2], "int"), counter, shape),
    update: (name, tensor) => next.set(name, tensor),
  });
  const loss = createLoss({ type: "mse" })(trained, batch("t", outputs));
  const optimizer = createOptimizer(spec);
  const scalars = Object.fromEntries(Object.keys(optimizer.scalars).map((name) => [name, graph.input(name, [])]));
  const names = built.parameters.map(({ name }) => name);
  const own = grad(
    loss,
    names.map((name) => tensors.get(name) as Tensor),
  );
  const { gradients, norm } = isClipped ? clipByNorm(own, 0.5, 2) : { gradients: own, norm: loss };
  const updates = names.flatMap((name, index) => {
    const parameter = tensors.get(name) as Tensor;
    const slots = Object.fromEntries(
      Object.keys(optimizer.slots).map((slot) => [slot, graph.state(`${slot}/${name}`, parameter.shape)]),
    );
    const { constants } = optimizer;
    const updated = optimizer.update({ parameter, gradient: gradients[index] as Tensor, slots, scalars, constants });
    next.set(name, updated.parameter);
    return Object.entries(slots).map(([slot, state]) => ({ state, next: updated.slots[slot] as Tensor }));
  });
  for (const [name, tensor] of next) updates.push({ state: tensors.get(name) as Tensor, next: tensor });
  return { outputs: { loss, norm }, updates };
}

const nameOf = ({ op }: Tensor) => (op.kind === "state" || op.kind === "input" ? op.name : "");

function fill(executable: Executable, program: Program): void {
  const random = samples(5);
  for (const state of leavesOf(program).states) {
    const values = Float32Array.from({ length: graph.sizeOf(state.shape) }, () => random.next().value / 4);
    // Sums of squares, as optimisers keep them, are not negative.
    executable.write(nameOf(state), nameOf(state).includes("/") ? values.map(Math.abs) : values);
  }
}

const STEPS = 3;

function run(executable: Executable, program: Program): void {
  for (const input of leavesOf(program).inputs) {
    const table = executable.feed("train", nameOf(input));
    const size = graph.sizeOf(input.shape);
    table.forEach((_, index) => {
      table[index] =
        input.dtype === "int" ? (size > 1 ? ((index * 7) % size) * 2 : index + 1) : 0.05 / (1 + Math.floor(index / size));
    });
  }
  executable.run("train", STEPS);
}

const bitsOf = (executable: Executable, program: Program) => [
  ...leavesOf(program).states.map((state) => new Uint8Array(executable.read(nameOf(state)).buffer).slice()),
  ...Object.keys(program.outputs).map((name) => new Uint8Array(executable.result("train", name).slice().buffer)),
];

const teamOf = ({ team }: Executable) => {
  if (!team) throw new Error("the programs are not shared");
  return team;
};

describe("a team", () => {
  let members: Worker[] = [];
  beforeAll(() => {
    members = Array.from({ length: MEMBERS }, () => new Worker(new URL("./member.ts", import.meta.url)));
  });
  afterAll(async () => {
    await Promise.all(members.map((member) => member.terminate()));
  });
  const invite = async (invitation: Invitation, count: number, size: () => number) => {
    for (const member of members.slice(0, count)) member.postMessage(invitation);
    await expect.poll(size, { interval: 1, timeout: 30_000 }).toBe(1 + count);
  };

  it("computes the bits of one thread, however many take part", { timeout: 240_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(network, async (drawn) => {
        const program = stepOf(drawn);
        const alone = compile({ train: program }, { maxSteps: STEPS });
        fill(alone, program);
        run(alone, program);
        const expected = bitsOf(alone, program);
        const shared = compile({ train: program }, { maxSteps: STEPS, shared: "always" });
        const team = teamOf(shared);
        await invite(team.invitation, MEMBERS, team.size);
        for (const threads of THREADS) {
          limitTeam(team.invitation, threads);
          fill(shared, program);
          run(shared, program);
          expect(bitsOf(shared, program)).toEqual(expected);
        }
        team.dismiss();
      }),
      { numRuns: NETWORKS },
    );
  });

  it("changes its threads between calls", async () => {
    const program = stepOf({ widths: [30, 20, 5], rows: 64, layers: [{ type: "dropout", p: 0.5 }], ...PLAIN });
    const alone = compile({ train: program }, { maxSteps: STEPS });
    fill(alone, program);
    const shared = compile({ train: program }, { maxSteps: STEPS, shared: "always" });
    fill(shared, program);
    const team = teamOf(shared);
    await invite(team.invitation, 3, team.size);
    for (const threads of [4, 1, 2, 1, 3, 4]) {
      limitTeam(team.invitation, threads);
      run(shared, program);
      run(alone, program);
    }
    expect(bitsOf(shared, program)).toEqual(bitsOf(alone, program));
    team.dismiss();
  });

  it("tells its first thread when another has died", async () => {
    const program = stepOf({ widths: [30, 20, 5], rows: 64, layers: [], ...PLAIN });
    const shared = compile({ train: program }, { maxSteps: STEPS, shared: "always" });
    fill(shared, program);
    const team = teamOf(shared);
    members[0]?.postMessage({ dying: team.invitation });
    await expect.poll(team.size, { interval: 1, timeout: 30_000 }).toBe(2);
    expect(() => run(shared, program)).toThrow(LostThreadError);
    expect(() => run(shared, program)).toThrow(LostThreadError);
  });

  it("lets a thread go that comes when it is dismissed already", async () => {
    const program = stepOf({ widths: [30, 20, 5], rows: 64, layers: [], ...PLAIN });
    const over = teamOf(compile({ train: program }, { maxSteps: STEPS, shared: "always" }));
    over.dismiss();
    members[1]?.postMessage(over.invitation);
    const next = teamOf(compile({ train: program }, { maxSteps: STEPS, shared: "always" }));
    members[1]?.postMessage(next.invitation);
    await expect.poll(next.size, { interval: 1, timeout: 30_000 }).toBe(2);
    expect(over.size()).toBe(1);
    next.dismiss();
  });

  it("has 1..64 threads", () => {
    const program = stepOf({ widths: [30, 20, 5], rows: 64, layers: [], ...PLAIN });
    const { invitation } = teamOf(compile({ train: program }, { shared: "always" }));
    for (const threads of [0, 65, 1.5]) expect(() => limitTeam(invitation, threads)).toThrow(GraphError);
  });

  it("is there only where a step is long", () => {
    const small = stepOf({ widths: [4, 8, 2], rows: 100, layers: [], ...PLAIN });
    expect(compile({ train: small }, { shared: true }).team).toBeNull();
    const large = stepOf({ widths: [256, 256, 10], rows: 512, layers: [], ...PLAIN });
    expect(compile({ train: large }, { shared: true }).team).not.toBeNull();
    expect(compile({ train: large }).team).toBeNull();
  });
});

const PLAIN = { optimizer: { type: "adam" } as OptimizerSpec, isClipped: false, isGathered: false };
