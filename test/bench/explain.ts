/**
 * `npm run bench:explain [-- rounds]`: how long the explanation of one row takes, by columns and size of the network, against 100 background
 * rows, in milliseconds of one thread's processor; and what it costs in single predictions. Medians; the first round is not counted.
 */

import { planExplanation } from "../../src/domain/explanations/explanation.ts";
import type { Model } from "../../src/domain/models/model.ts";
import type { Layer } from "../../src/domain/spec/layers.ts";
import { elementCount, packTensors } from "../../src/domain/tensor.ts";
import { createRandom, streamKey } from "../../src/engine/index.ts";
import { explainRows } from "../../src/training/explain/explain.ts";
import { architectureNetwork, BLOCK, createInference, SMALL_BLOCK } from "../../src/training/predict/inference.ts";
import { rowMultiplyAdds } from "../../src/training/predict/row-work.ts";
import { aModel } from "../contract/fixtures.ts";

const rounds = Number(process.argv[2] ?? 9);
const BACKGROUND = 100;
/** Single predictions that are timed together. */
const SINGLES = 1000;
const SIZES: readonly (readonly [columns: number, hidden: number])[] = [
  [4, 16],
  [8, 32],
  [10, 32],
  [12, 32],
  [12, 64],
  [20, 32],
  [20, 64],
  [20, 128],
  [20, 256],
  [50, 64],
  [200, 64],
];

for (const [columns, hidden] of SIZES) {
  const { model, inference, rowsOf } = modelOf(columns, hidden);
  const background = { rows: BACKGROUND, features: rowsOf(BACKGROUND), ranges: new Float64Array() };
  const { pairs } = planExplanation({ ...model, multiplyAdds: rowMultiplyAdds(model) }, BACKGROUND, null);
  const ms: number[] = [];
  const single: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const row = rowsOf(1);
    const start = processorMs();
    explainRows(model, inference, row, background, { askedRows: BACKGROUND, samples: null, seed: round });
    const middle = processorMs();
    for (let time = 0; time < SINGLES; time++) inference.outputs(row, 1);
    if (round > 0) ms.push(middle - start);
    if (round > 0) single.push((processorMs() - middle) / SINGLES);
  }
  const how = pairs === null ? "all coalitions" : `${2 * pairs * BACKGROUND} orders`;
  const [time, one] = [median(ms), median(single)];
  console.log(
    `${String(columns).padStart(3)} columns, 2 x ${String(hidden).padStart(3)} units, ${String(model.parameters).padStart(6)} parameters: ` +
      `${time.toFixed(1).padStart(6)} ms, ${how}; ${Math.round(time / one)} predictions of a row`,
  );
}

function modelOf(columns: number, hidden: number) {
  const layer = (units: number): Layer => ({ type: "linear", units, bias: true });
  const layers: Layer[] = [layer(hidden), { type: "relu" }, layer(hidden), { type: "relu" }, layer(1)];
  const architecture = { layers, preprocessing: null, inputWidth: columns, outputWidth: 1, activation: "none" as const };
  const random = createRandom(streamKey(0, `bench/${columns}/${hidden}`));
  const draw = (count: number, scale: number) => Float32Array.from({ length: count }, () => random.normal() * scale);
  const network = architectureNetwork(architecture);
  const weights = packTensors(
    network.tensors.map(({ name, shape }) => ({
      name,
      shape: [...shape],
      values: draw(elementCount(shape), 1 / Math.sqrt(hidden)),
    })),
  );
  const parameters = network.parameters.reduce((total, { shape }) => total + elementCount(shape), 0);
  const stored = { ...aModel("job_none"), ...architecture, task: "regression" as const, classes: [], parameters };
  const model: Model = { ...stored, version: 1, aliases: [], tags: {} };
  const inference = createInference(architecture, weights, [SMALL_BLOCK, BLOCK]);
  return { model, inference, rowsOf: (rows: number) => draw(rows * columns, 1) };
}

function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
