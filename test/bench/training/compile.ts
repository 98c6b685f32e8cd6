/**
 * What planning and compiling cost as networks grow deeper: `npm run bench:compile [-- --counts 10,20,30] [--only "conv2d,loss mse"]`.
 * One line a kind of network; for each number of its layers, milliseconds of a dry run (parse, plan, estimate) + of the compilation of a
 * job + of its first steps, for which V8 compiles their functions; or why it is refused, and after how long. Processor time of the
 * thread, the least of a few runs of other networks of that depth, as a server has it that is warm. The bar is 300 for a dry run and for
 * a compilation of 30 layers. Ratios are of the line "linear" of the same run.
 */
import { parseArgs } from "node:util";
import type { NetworkSpec } from "../../../src/domain/spec/spec.ts";
import { compile } from "../../../src/engine/index.ts";
import { loadData } from "../../../src/training/data/data.ts";
import { planTraining } from "../../../src/training/run/build.ts";
import { sizesOf } from "../../../src/training/run/sizes.ts";
import { GROWING, specOf } from "../../training/layer-stacks.ts";
import { jobRecord, prepare } from "../../training/train.ts";

const { values } = parseArgs({
  options: {
    counts: { type: "string", default: "10,20,30" },
    only: { type: "string", default: "" },
    runs: { type: "string", default: "3" },
  },
});
const counts = values.counts.split(",").map(Number);
const only = values.only.split(",").map((name) => name.trim());
const names = Object.keys(GROWING).filter((name) => values.only === "" || only.includes(name));

interface Cost {
  readonly dry: number;
  readonly compiled: number;
  readonly first: number;
}

/** Milliseconds of processor that this thread took since it started. */
function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** What a network costs, or why it was refused, and after how long. */
function costOf(spec: object): Cost | string {
  const start = processorMs();
  const prepared = prepare(spec);
  const dry = processorMs() - start;
  if (!prepared.ok) return `${dry.toFixed(0)} refused: ${JSON.stringify(prepared.errors[0]?.detail).slice(0, 100)}`;
  const data = loadData({ job: jobRecord(prepared, 0), payload: prepared.payload, dataset: null, checkpoint: null });
  const sizes = sizesOf(data, prepared.classes.length);
  const loaded = processorMs();
  const plan = planTraining(prepared.spec as NetworkSpec, sizes);
  const executable = compile(plan.programs, { maxSteps: plan.maxSteps });
  const compiled = processorMs();
  for (const program of Object.keys(plan.programs)) executable.run(program, 1);
  const end = processorMs();
  executable.release();
  return { dry, compiled: compiled - loaded, first: end - compiled };
}

/** The least of several runs, each with another number of units before its last layer, so that no cache of compiled networks knows it. */
function leastOf(name: string, count: number): Cost | string {
  const costs = Array.from({ length: Number(values.runs) }, (_, run) =>
    costOf(specOf(GROWING[name] as (typeof GROWING)[string], count, 3 + run)),
  );
  const refused = costs.find((cost) => typeof cost === "string");
  if (refused) return refused;
  const least = (part: keyof Cost) => Math.min(...(costs as Cost[]).map((cost) => cost[part]));
  return { dry: least("dry"), compiled: least("compiled"), first: least("first") };
}

const rounded = (ms: number): string => ms.toFixed(ms < 9.95 ? 1 : 0);
const textOf = (cost: Cost | string): string =>
  typeof cost === "string" ? cost : `${rounded(cost.dry)} + ${rounded(cost.compiled)} + ${rounded(cost.first)}`;

for (const name of ["linear", "batch_norm", "layer_norm", "conv1d", "loss cross_entropy"]) leastOf(name, 12);
console.log(`${"layers".padEnd(32)}${counts.map((count) => `${count}`.padStart(20)).join("")}`);
for (const name of names) {
  console.log(`${name.padEnd(32)}${counts.map((count) => textOf(leastOf(name, count)).padStart(20)).join("")}`);
}
