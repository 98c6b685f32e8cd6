/** Models that leave the real server and come back: the same numbers everywhere, the same bits again. */
import * as ort from "onnxruntime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobSpec, Model } from "../../../src/client/answers.ts";
import { readEventFile } from "../../formats/metrics/event-file.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";

const CSV = `island,mass,hatched,species
${Array.from({ length: 120 }, (_, row) => {
  const kind = row % 3;
  const island = row % 11 === 0 ? "" : (["Biscoe", "Dream", "Torgersen"][(row + Math.floor(row / 7)) % 3] as string);
  const mass = row % 13 === 0 ? "" : String(3000 + 700 * kind + ((row * 37) % 400));
  return [
    island,
    mass,
    `2021-0${1 + (row % 9)}-1${row % 9}T0${row % 9}:30:00Z`,
    ["Adelie", "Chinstrap", "Gentoo"][kind],
  ].join();
}).join("\n")}
`;

let server: BorrowedServer;
let job: string;
let model: Model;
beforeAll(async () => {
  server = await borrowServer({ workers: 2 });
  const upload = await fetch(`${server.url}/v1/datasets?name=penguins`, {
    method: "POST",
    body: CSV,
    headers: { "content-type": "text/csv" },
  });
  const { id } = (await upload.json()) as { id: string };
  const spec: JobSpec = {
    name: "penguins",
    data: { dataset: { id, target: "species" } },
    model: {
      layers: [
        { type: "linear", units: 12 },
        { type: "batch_norm" },
        { type: "relu" },
        { type: "dropout", p: 0.2 },
        { type: "linear" },
      ],
    },
    optimizer: { type: "adam", lr: 0.02 },
    batch_size: 16,
    epochs: 30,
    early_stopping: null,
    seed: 5,
  };
  const done = await server.client.wait((await server.client.submit(spec)).id);
  job = done.id;
  model = await server.client.model(done.model?.id ?? "");
});
afterAll(async () => {
  await server.giveBack();
});

const ROWS = [
  { island: "Dream", mass: 3750, hatched: "2021-03-04T05:06:00Z" },
  { island: null, mass: null, hatched: null },
  { island: "Atlantis", mass: 5100, hatched: "2020-02-29T23:59:00Z" },
];

async function predictions(ref: string): Promise<{ label: string; probabilities: Record<string, number> }[]> {
  const response = await fetch(`${server.url}/v1/models/${ref}/predict`, {
    method: "POST",
    body: JSON.stringify({ instances: ROWS }),
    headers: { "content-type": "application/json" },
  });
  return ((await response.json()) as { predictions: { label: string; probabilities: Record<string, number> }[] }).predictions;
}

describe("a model trained on a table", () => {
  it("predicts the same from raw rows in onnxruntime", async () => {
    ort.env.wasm.numThreads = 1;
    const session = await ort.InferenceSession.create(await server.client.onnx(model.id));
    const shape = [ROWS.length, 1];
    const numbers = (values: (number | null)[]) =>
      new ort.Tensor(
        "float64",
        Float64Array.from(values, (value) => value ?? Number.NaN),
        shape,
      );
    const outputs = await session.run({
      island: new ort.Tensor(
        "string",
        ROWS.map(({ island }) => island ?? ""),
        shape,
      ),
      mass: numbers(ROWS.map(({ mass }) => mass)),
      hatched: numbers(ROWS.map(({ hatched }) => (hatched === null ? null : Date.parse(hatched)))),
    });
    const expected = await predictions(model.id);
    expect(outputs.label?.data).toEqual(expected.map(({ label }) => label));
    const probabilities = Array.from(outputs.probabilities?.data as Float32Array);
    for (const [row, { probabilities: wanted }] of expected.entries())
      model.classes.forEach((label, index) => {
        expect(probabilities[row * model.classes.length + index]).toBeCloseTo(wanted[label] as number, 5);
      });
    await session.release();
  });

  it("comes back from its safetensors file, and predicts the same", async () => {
    const imported = await server.client.importModel(await server.client.weights(model.id), { name: "returned" });
    expect(imported).toMatchObject({ name: "returned", version: 1, job: null, sha256: model.sha256 });
    expect(await predictions("returned")).toEqual(await predictions(model.id));
  });

  it("is trained again to the same bits, by threads that do other things beside", async () => {
    const beside = await server.client.submit({
      data: { generator: { type: "spirals" } },
      model: { layers: [{ type: "linear", units: 16 }, { type: "tanh" }, { type: "linear" }] },
      epochs: 300,
    });
    const again = await server.client.wait((await server.client.reproduce(model.id)).id);
    expect(again).toMatchObject({
      state: "succeeded",
      agrees: true,
      reproduces: { model: model.id, sha256: model.sha256, result_sha256: model.sha256 },
      model: null,
    });
    await server.client.wait(beside.id);
    expect(model.receipt).toMatchObject({ data: { source: "dataset" }, engine_version: expect.any(String) });
  });

  it("is where another job starts from, with its first layers held", async () => {
    const { spec } = await server.client.job(job);
    const { id } = (spec.data as { dataset: { id: string } }).dataset;
    const tuned = await server.client.wait(
      (
        await server.client.submit({
          name: "tuned",
          data: { dataset: { id, target: "species" } },
          model: spec.model,
          init_from: { model: "penguins", freeze: [0, 1] },
          epochs: 5,
        })
      ).id,
    );
    expect(tuned).toMatchObject({
      state: "succeeded",
      spec: { init_from: { model: model.id, sha256: model.sha256, freeze: [0, 1] } },
    });
    expect(tuned.model?.sha256).not.toBe(model.sha256);
  });

  it("left its metrics as CSV and for TensorBoard", async () => {
    const lines = (await server.client.metricsCsv(job)).trim().split("\r\n");
    expect(lines.length).toBe(31);
    const [, first] = readEventFile(await server.client.tensorboard(job));
    const tags = first?.scalars.map(([tag]) => tag);
    expect(tags).toEqual(
      expect.arrayContaining(["Loss/train", "Loss/validation", "Accuracy/train", "Accuracy/validation", "lr"]),
    );
    expect(first?.scalars[0]?.[1]).toBeCloseTo(Number(lines[1]?.split(",")[1]), 6);
  });
});
