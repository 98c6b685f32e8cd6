/**
 * What monitoring costs, and how often it is wrong: `npm run bench:monitoring [-- --rounds 1500] [--only cost|rates] [--columns 40] [--seed 7]`. The whole of a prediction
 * without HTTP (bytes of a body to bytes of the answer) runs with and without a tally, in turn; the ratios are those of quantiles of the
 * time of short rounds. What HTTP adds to both makes it smaller. Then quiet and shifted windows are drawn. Prints a line of JSON each.
 */
import { parseArgs } from "node:util";
import { NOTHING_ASKED } from "../../../src/domain/models/answer-options.ts";
import type { Model } from "../../../src/domain/models/model.ts";
import { unmonitored } from "../../../src/domain/models/model.ts";
import { predictBody } from "../../../src/domain/models/prediction.ts";
import { predictionsJson } from "../../../src/domain/models/prediction-json.ts";
import type { TensorSet } from "../../../src/domain/tensor.ts";
import { parseBody } from "../../../src/http/connection/body.ts";
import { createPredictor } from "../../../src/training/predict/predict.ts";
import { predictBlock } from "../../../src/worker/compute/predict-block.ts";
import type { LoadedModel } from "../../../src/worker/compute/predictors.ts";
import { judgedWindows } from "../../domain/monitoring/simulated-use.ts";
import { datasetOf } from "../../training/dataset.ts";
import { modelRecord, train } from "../../training/train.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "1500" },
    only: { type: "string" },
    columns: { type: "string" },
    seed: { type: "string", default: "7" },
  },
});
const ROUNDS = Number(values.rounds);
const WARM_UP = 300;
const SHARES = [0.05, 0.1, 0.25, 0.5];

const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const quantile = (numbers: readonly number[], share: number) =>
  numbers.toSorted((a, b) => a - b)[Math.floor(share * numbers.length)] as number;

/** A fractional part of a multiple of the golden ratio: as even as a uniform sample. */
const even = (index: number, factor: number) => (index * factor * 0.6180339887498949) % 1;
const cellAt = (index: number, column: number) =>
  column % 4 === 3 ? `label ${Math.floor(8 * even(index, column + 1))}` : Number((10 * even(index, column + 1)).toFixed(3));
const namesOf = (width: number) => Array.from({ length: width }, (_, column) => `c${column}`);
const rowAt = (index: number, width: number) =>
  Object.fromEntries(namesOf(width).map((name, column) => [name, cellAt(index, column)]));

const ROWS = 1000;

/** A trained model of so many columns, as a thread has it: with a tally, and without. */
function modelsOf(width: number): Readonly<Record<"on" | "off", LoadedModel>> {
  const columns = namesOf(width).map((name, column) => [name, Array.from({ length: ROWS }, (_, row) => cellAt(row, column))]);
  const y = Array.from({ length: ROWS }, (_, row) => (row % 2 ? "yes" : "no"));
  const spec = {
    data: { dataset: { id: "ds_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90", target: "y" } },
    model: { layers: [{ type: "linear", units: 32 }, { type: "relu" }, { type: "linear" }] },
    optimizer: { type: "adam", lr: 0.01 },
    epochs: 3,
  };
  const { result } = train(spec, { dataset: datasetOf({ ...Object.fromEntries(columns), y }) });
  if (result.state !== "succeeded") throw new Error("the training failed");
  const model = modelRecord(result.model);
  const loaded = (own: Model, weights: TensorSet) => ({ model: own, predictor: createPredictor(own, weights) });
  return { on: loaded(model, result.weights), off: loaded(unmonitored(model), result.weights) };
}

/** One round of a load: at most a millisecond or two, which other programs seldom interrupt. */
type Load = (loaded: LoadedModel) => Promise<void>;

function loadsOf(width: number): Readonly<Record<string, Load>> {
  const rows = (count: number) => Array.from({ length: count }, (_, index) => rowAt(index, width));
  const json = (count: number, requests: number): Load => {
    const body = new TextEncoder().encode(JSON.stringify({ instances: rows(count) }));
    return async ({ model, predictor }) => {
      for (let request = 0; request < requests; request++) {
        const { instances } = parseBody(predictBody, body);
        const result = predictor.predict(instances);
        if (!result.ok) throw new Error("a row is wrong");
        Buffer.from(predictionsJson(model, result, null));
      }
      predictor.tally?.take();
    };
  };
  const stream = (format: "csv" | "ndjson", text: string): Load => {
    const bytes = new TextEncoder().encode(text);
    return async (loaded) => {
      const block = { bytes: bytes.slice(), firstLine: 1, reading: null };
      const reply = await predictBlock(loaded, { block, options: { format, header: "auto", ...NOTHING_ASKED }, maxRows: 8192 });
      if (!reply.ok) throw new Error(reply.detail);
      loaded.predictor.tally?.take();
    };
  };
  const many = rows(4000 / width);
  return {
    "1 row, JSON": json(1, 40),
    "50 rows, JSON": json(50, 1),
    "blocks of NDJSON": stream("ndjson", `${many.map((row) => JSON.stringify(row)).join("\n")}\n`),
    "blocks of CSV": stream("csv", `${[namesOf(width), ...many.map((row) => Object.values(row))].join("\n")}\n`),
  };
}

async function costs(width: number): Promise<void> {
  const models = modelsOf(width);
  for (const [load, run] of Object.entries(loadsOf(width))) {
    const spent = { on: [] as number[], off: [] as number[] };
    // The first rounds compile.
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      // Who goes first alternates: what the machine does besides hits both alike.
      for (const which of round % 2 === 0 ? (["on", "off"] as const) : (["off", "on"] as const)) {
        const startedAt = process.hrtime.bigint();
        await run(models[which]);
        if (round >= 0) spent[which].push(Number(process.hrtime.bigint() - startedAt) / 1e6);
      }
    }
    const ratio = (share: number) => Number((quantile(spent.on, share) / quantile(spent.off, share)).toFixed(3));
    const ratios = Object.fromEntries(SHARES.map((share) => [`ratio_${share}`, ratio(share)]));
    // On a busy machine the least times say more: what else runs only adds.
    print({ columns: width, load, off_ms: Number(quantile(spent.off, 0.1).toFixed(4)), ...ratios });
  }
}

function rates(): void {
  const uses = [1, 10, 100, 200].flatMap((columns) => [150, 2000, 20_000].map((rows) => ({ columns, rows })));
  for (const use of uses) {
    const windows = use.columns >= 100 ? 100 : 400;
    const alerts = (shift: number, count: number) =>
      [...judgedWindows({ ...use, windows: count, shift, seed: Number(values.seed) })].filter(
        ({ drifted }) => drifted.length > 0,
      ).length;
    print({ ...use, quiet_windows: windows, false_alerts: alerts(0, windows), shifted_windows: 20, found: alerts(1, 20) });
  }
}

if (values.only !== "rates") for (const width of values.columns ? [Number(values.columns)] : [4, 40]) await costs(width);
if (values.only !== "cost") rates();
