/** Records whose answers are large, made through the API before anything is measured. */
import { setTimeout as delay } from "node:timers/promises";

/** Ids and names of what was made. */
export interface Records {
  /** A job whose split names many rows. */
  readonly largeSpec: string;
  /** A job of many epochs, with a checkpoint. */
  readonly long: string;
  readonly checkpoint: string;
  /** A model of 4 inputs, and one of 1,999. */
  readonly line: string;
  readonly wide: string;
  readonly sweep: string;
  readonly tallTable: string;
  /** As tall, with other rows. */
  readonly freshTable: string;
  /** A model of its columns, of two versions. */
  readonly tall: string;
  readonly wideTable: string;
  readonly schedule: string;
  /** A run of MLflow's that is logged to, and its experiment. */
  readonly run: string;
  readonly experiment: string;
}

export const repeat = <T>(count: number, of: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => of(at));

/** Asks the server, and returns the JSON that it answers. Throws what it refuses. */
// biome-ignore lint/suspicious/noExplicitAny: the fields of many answers.
export type Ask = (method: string, path: string, body?: unknown, type?: string) => Promise<any>;

const LARGE_SPECS = 30;
const NAMED_ROWS = 20_000;
const LONG_EPOCHS = 100_000;
const COLUMNS = 2000;

/** Makes the records, and waits until they are whole. */
export async function makeRecords(ask: Ask): Promise<Records> {
  const wait = async (path: string) => {
    for (;;) {
      const { state } = await ask("GET", path);
      if (state === "failed") throw new Error(JSON.stringify(await ask("GET", path)));
      if (state === "succeeded") return;
      await delay(100);
    }
  };
  const submit = async (spec: object) => (await ask("POST", "/v1/jobs", spec)).id as string;
  const layer = { layers: [{ type: "linear" }] };
  const features = repeat(NAMED_ROWS + 2, (at) => [Math.sin(at), Math.cos(at), at % 7, at % 3]);
  const inline = { inline: { features, targets: features.map(([x = 0]) => x * 2) } };
  const split = { validation_rows: repeat(NAMED_ROWS, (at) => at) };
  let largeSpec = "";
  for (let at = 0; at < LARGE_SPECS; at++)
    largeSpec = await submit({ name: "line", data: inline, model: layer, epochs: 1, split });
  await wait(`/v1/jobs/${largeSpec}`);
  const moons = { generator: { type: "moons", samples: 32 } };
  const long = await submit({
    name: "long",
    data: { inline: { features: features.slice(0, 32), targets: features.slice(0, 32).map(([x = 0]) => x) } },
    model: layer,
    epochs: LONG_EPOCHS,
    optimizer: { type: "sgd", lr: 0.01 },
    checkpoint: { every_epochs: 10_000, min_seconds: 0 },
  });
  await wait(`/v1/jobs/${long}`);
  const checkpoint = (await ask("GET", `/v1/jobs/${long}/checkpoints`)).data[0].id;
  const names = repeat(COLUMNS - 1, (at) => `c${at}`);
  const wideCsv = `${names.join(",")},y\n${repeat(60, (row) => [...names.map((_, at) => Math.sin(row * at).toFixed(3)), row % 2 ? "a" : "b"].join(",")).join("\n")}\n`;
  const wideTable = (await ask("POST", "/v1/datasets?name=wide", wideCsv, "text/csv")).id;
  const tallCsv = (from: number) =>
    `x0,x1,x2,x3,y\n${repeat(100_000, (row) => `${row % 13},${row % 7},${row % 5},${(from + row) / 1000},${row % 2}`).join("\n")}\n`;
  const types = encodeURIComponent('{"y":"number"}');
  const tallTable = (await ask("POST", `/v1/datasets?name=tall&types=${types}`, tallCsv(0), "text/csv")).id;
  const freshTable = (await ask("POST", `/v1/datasets?name=fresh&types=${types}`, tallCsv(7), "text/csv")).id;
  const wideJob = await submit({ name: "wide", data: { dataset: { id: wideTable, target: "y" } }, model: layer, epochs: 2 });
  await wait(`/v1/jobs/${wideJob}`);
  const sweep = (
    await ask("POST", "/v1/sweeps", {
      job: { data: moons, model: layer, epochs: 2, split: { validation: 0.3 } },
      parameters: {
        "/optimizer/lr": { values: repeat(100, (at) => (at + 1) / 1e5) },
        "/seed": { values: repeat(20, (at) => at) },
      },
      method: { type: "grid" },
      promote: "none",
    })
  ).id;
  await wait(`/v1/sweeps/${sweep}`);
  const tallData = { dataset: { id: tallTable, target: "y" } };
  for (const epochs of [1, 2])
    await wait(`/v1/jobs/${await submit({ name: "tall", data: tallData, task: "regression", model: layer, epochs })}`);
  const schedule = (
    await ask("POST", "/v1/schedules", {
      ...{ name: "nightly", cron: "0 3 * * *", source: { url: "https://example.com/t.csv" }, paused: true },
      job: { data: { dataset: { target: "y" } }, model: layer },
    })
  ).id;
  const mlflow = "/api/2.0/mlflow";
  const experiment = (await ask("POST", `${mlflow}/experiments/create`, { name: "logged" })).experiment_id;
  const run = (await ask("POST", `${mlflow}/runs/create`, { experiment_id: experiment })).run.info.run_id;
  const models = { line: "line", wide: "wide", tall: "tall" };
  return { largeSpec, long, checkpoint, ...models, sweep, tallTable, freshTable, wideTable, schedule, run, experiment };
}
