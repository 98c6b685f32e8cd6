/**
 * How long planning and compiling take as networks grow deeper: `npm run bench:compile [-- --counts 10,20,30] [--only batch_norm]`.
 * Training and validation in batches, each with a shorter last one: four programs. One line a kind of layer; for each number of such
 * layers on 16 features, milliseconds of a dry run (parse, plan, estimate) + milliseconds of the compilation of a job in its thread, the
 * least of a few runs of other networks of that depth, as a server has it that is warm; a refusal is printed instead. The bar is 300.
 */
import { parseArgs } from "node:util";
import type { NetworkSpec } from "../../src/domain/spec/spec.ts";
import { loadData } from "../../src/training/data/data.ts";
import { planTrials } from "../../src/training/many/trial-plan.ts";
import { sizesOf } from "../../src/training/run/sizes.ts";
import { jobRecord, prepare } from "../training/train.ts";

const linear = { type: "linear", units: 16 };
const image = { type: "reshape", shape: [1, 4, 4] };

/** The repeated layers of each kind, and what stands before them. */
const KINDS: Readonly<Record<string, { readonly layers: readonly object[]; readonly before?: readonly object[] }>> = {
  linear: { layers: [linear] },
  "linear, relu": { layers: [linear, { type: "relu" }] },
  ...Object.fromEntries(
    [
      ..."relu leaky_relu sigmoid tanh elu selu gelu silu mish softplus logsigmoid hardtanh".split(" "),
      ..."softmax log_softmax dropout batch_norm layer_norm".split(" "),
    ].map((type) => [type, { layers: [{ type }] }]),
  ),
  "linear, batch_norm, relu": { layers: [linear, { type: "batch_norm" }, { type: "relu" }] },
  "residual layer_norm": { layers: [{ type: "residual", layers: [{ type: "layer_norm" }, { type: "gelu" }] }] },
  conv2d: { layers: [{ type: "conv2d", out_channels: 4, kernel_size: 3, padding: 1 }], before: [image] },
  max_pool: { layers: [{ type: "max_pool", kernel_size: 1 }, { type: "relu" }], before: [image] },
  conv1d: {
    layers: [{ type: "conv1d", out_channels: 4, kernel_size: 3, padding: 1 }],
    before: [{ type: "reshape", shape: [1, 16] }],
  },
};

const { values } = parseArgs({
  options: { counts: { type: "string", default: "10,20,30" }, only: { type: "string", default: "" } },
});
const counts = values.counts.split(",").map(Number);
const rows = Array.from({ length: 64 }, (_, row) => Array.from({ length: 16 }, (_, column) => Math.sin(row * 16 + column)));

/** Runs of a depth; each has another number of units before its last layer, so that no cache of compiled networks knows it. */
const RUNS = 3;

/** Milliseconds of the dry run and of the compilation, or why it was refused, and after how long. */
function costOf(layers: readonly object[]): string {
  let [dry, compiled] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let run = 0; run < RUNS; run++) {
    const start = performance.now();
    const prepared = prepare({
      data: { inline: { features: rows, targets: rows.map(([first]) => [first]) } },
      task: "regression",
      model: { layers: [...layers, { type: "linear", units: 3 + run }, { type: "linear" }] },
      loss: { type: "mse" },
      optimizer: { type: "adam", lr: 0.01 },
      epochs: 1,
      batch_size: 13,
      split: { validation: 0.2 },
    });
    dry = Math.min(dry, performance.now() - start);
    if (!prepared.ok) return `${dry.toFixed(0)} refused: ${JSON.stringify(prepared.errors[0]?.detail).slice(0, 100)}`;
    const data = loadData({ job: jobRecord(prepared, 0), payload: prepared.payload, dataset: null, checkpoint: null });
    const loaded = performance.now();
    planTrials(prepared.spec as NetworkSpec, sizesOf(data, prepared.classes.length));
    compiled = Math.min(compiled, performance.now() - loaded);
  }
  return `${dry.toFixed(0)} + ${compiled.toFixed(0)}`;
}

costOf([linear, { type: "batch_norm" }, { type: "gelu" }, { type: "layer_norm" }]);
for (const [name, { layers, before = [] }] of Object.entries(KINDS)) {
  if (values.only && values.only !== name) continue;
  const columns = counts.map((count) =>
    costOf([
      ...before,
      ...Array.from({ length: count }, () => layers).flat(),
      ...(before.length > 0 ? [{ type: "flatten" }] : []),
    ]),
  );
  console.log(`${name.padEnd(28)}${columns.map((column) => column.padStart(14)).join("")}`);
}
