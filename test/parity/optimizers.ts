/** Every run of optimizers.json, forty steps of a small network, for any executor. */
import { describe, expect, test } from "vitest";
import {
  clipByNorm,
  clipByValue,
  createLoss,
  createOptimizer,
  graph as g,
  grad,
  type OptimizerSpec,
  type Program,
  sequential,
  type Tensor,
} from "../../src/engine/index.ts";
import { type Executor, expectClose, type GoldenTensor, readGolden } from "./golden.ts";

interface Run {
  readonly optimizer: OptimizerSpec["type"];
  readonly attrs: { readonly lr: number };
  readonly clip:
    | { readonly type: "norm"; readonly max_norm: number; readonly norm_type?: number }
    | { readonly type: "value"; readonly clip_value: number }
    | null;
  readonly steps: number;
  readonly losses: readonly number[];
  readonly grad_norms: readonly number[];
  readonly init: Readonly<Record<string, GoldenTensor>>;
  readonly final: Readonly<Record<string, GoldenTensor>>;
}

interface Golden {
  readonly x: GoldenTensor;
  readonly y: GoldenTensor;
  readonly runs: readonly Run[];
}

const golden = readGolden<Golden>("optimizers");

/** The PyTorch that made the file kept nadam's product of momenta in float32, whatever the parameters were. */
const NADAM_TOLERANCE = 1e-6;

export function describeOptimizers(executor: Executor): void {
  describe(`optimisers of PyTorch by the ${executor.name}`, () => {
    test("all runs of the file are here", () => {
      expect(golden.runs.length).toBe(16);
    });
    golden.runs.forEach((run, index) => {
      test(`${index}: ${run.optimizer} ${JSON.stringify(run.attrs)} ${run.clip ? JSON.stringify(run.clip) : ""}`, () => {
        check(
          run,
          run.optimizer === "nadam" ? { ...executor, tolerance: Math.max(executor.tolerance, NADAM_TOLERANCE) } : executor,
        );
      });
    });
  });
}

function check(run: Run, executor: Executor): void {
  const optimizer = createOptimizer({ ...run.attrs, type: run.optimizer } as OptimizerSpec);
  const { program, fills } = trainingStep(run, optimizer);
  const executable = executor.execute({ train: program }, { maxSteps: run.steps });
  for (const [name, { data }] of Object.entries(run.init)) executable.write(name, data);
  for (const [name, { size, value }] of fills) executable.write(name, new Array<number>(size).fill(value));
  executable.write("x", golden.x.data);
  executable.write("y", golden.y.data);
  for (const [name, scalar] of Object.entries(optimizer.scalars)) {
    const table = executable.feed("train", name);
    for (let step = 0; step < run.steps; step++) table[step] = scalar(step + 1, run.attrs.lr);
  }
  executable.run("train", run.steps);
  expectClose(executable.result("train", "loss"), run.losses, executor, "loss");
  if (run.grad_norms.length > 0) expectClose(executable.result("train", "norm"), run.grad_norms, executor, "norm");
  for (const [name, { data }] of Object.entries(run.final)) expectClose(executable.read(name), data, executor, name);
}

function trainingStep(run: Run, optimizer: ReturnType<typeof createOptimizer>) {
  const network = sequential([{ type: "linear", units: 5 }, { type: "tanh" }, { type: "linear", units: 2 }], [3]);
  const parameters = new Map(network.parameters.map(({ name, shape }) => [name, g.state(name, shape)]));
  const output = network.forward(g.state("x", golden.x.shape), (name) => parameters.get(name) as Tensor, { training: true });
  const loss = createLoss({ type: "mse" })(output, g.state("y", golden.y.shape));
  const { gradients, norm } = clip(run, grad(loss, [...parameters.values()]));
  const scalars = Object.fromEntries(Object.keys(optimizer.scalars).map((name) => [name, g.input(name, [])]));
  const fills = new Map<string, { size: number; value: number }>();
  const updates = [...parameters].flatMap(([name, parameter], index) => {
    const slots = Object.fromEntries(
      Object.keys(optimizer.slots).map((slot) => [slot, g.state(`${slot}/${name}`, parameter.shape)]),
    );
    const next = optimizer.update({ parameter, gradient: gradients[index] as Tensor, slots, scalars });
    for (const [slot, value] of Object.entries(optimizer.slots))
      fills.set(`${slot}/${name}`, { size: g.sizeOf(parameter.shape), value });
    return [
      { state: parameter, next: next.parameter },
      ...Object.entries(slots).map(([slot, state]) => ({ state, next: next.slots[slot] as Tensor })),
    ];
  });
  const program: Program = { outputs: { loss, ...(norm && { norm }) }, updates };
  return { program, fills };
}

function clip({ clip }: Run, gradients: readonly Tensor[]): { gradients: readonly Tensor[]; norm?: Tensor } {
  if (clip === null) return { gradients };
  if (clip.type === "value") return { gradients: clipByValue(gradients, clip.clip_value) };
  return clipByNorm(gradients, clip.max_norm, clip.norm_type);
}
