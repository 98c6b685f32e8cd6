/**
 * How long planning and compiling take as networks grow deeper: `npm run bench:compile [-- --counts 10,20,30] [--only batch_norm]`.
 * Training and validation in batches, each with a shorter last one: four programs. One line a kind of layer, one column a number of such layers on 16 features, in milliseconds; a refusal is printed instead.
 */
import { parseArgs } from "node:util";
import { plannedJob } from "../training/many/trials.ts";

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
  "residual layer_norm": { layers: [{ type: "residual", layers: [{ type: "layer_norm" }, linear, { type: "gelu" }] }] },
  conv2d: { layers: [{ type: "conv2d", out_channels: 4, kernel_size: 3, padding: 1 }], before: [image] },
  max_pool: { layers: [{ type: "max_pool", kernel_size: 2, stride: 1 }], before: [{ type: "reshape", shape: [1, 4, 4] }] },
};

const { values } = parseArgs({
  options: { counts: { type: "string", default: "10,20,30" }, only: { type: "string", default: "" } },
});
const counts = values.counts.split(",").map(Number);
const rows = Array.from({ length: 64 }, (_, row) => Array.from({ length: 16 }, (_, column) => Math.sin(row * 16 + column)));

/** Milliseconds of processor, or why it was refused. */
function costOf(layers: readonly object[]): string {
  const before = process.cpuUsage();
  const spent = () => {
    const { user, system } = process.cpuUsage(before);
    return ((user + system) / 1000).toFixed(0);
  };
  try {
    plannedJob({
      data: { inline: { features: rows, targets: rows.map(([first]) => [first]) } },
      task: "regression",
      model: { layers },
      ...{
        loss: { type: "mse" },
        optimizer: { type: "adam", lr: 0.01 },
        epochs: 1,
        batch_size: 13,
        split: { validation: 0.2 },
      },
    });
    return spent();
  } catch (error) {
    return `${spent()} refused: ${(error as Error).message.slice(0, 90)}`;
  }
}

costOf([linear, { type: "linear" }]);
for (const [name, { layers, before = [] }] of Object.entries(KINDS)) {
  if (values.only && values.only !== name) continue;
  const columns = counts.map((count) =>
    costOf([
      ...before,
      ...Array.from({ length: count }, () => layers).flat(),
      ...(before.length > 0 ? [{ type: "flatten" }] : []),
      { type: "linear" },
    ]),
  );
  console.log(`${name.padEnd(28)}${columns.map((column) => column.padStart(8)).join("")}`);
}
