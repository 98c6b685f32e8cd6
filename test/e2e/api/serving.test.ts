/** From a CSV to predictions on the real server: raw rows, batches, dialects, versions, and scores on a data set. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobSpec, Model } from "../../../src/client/answers.ts";
import type { Row } from "../../../src/client/models.ts";
import { connectGrpc } from "../../http/grpc/grpc-client.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../live-server.ts";

const PENGUINS = fileURLToPath(new URL("../../fixtures/datasets/penguins.csv", import.meta.url));

const dataDir = await createDataDir();
let server: LiveServer;
let dataset: string;
let csv: string;
const models: Model[] = [];

const upload = async (body: string, name: string) => {
  const headers = { "content-type": "text/csv" };
  const response = await fetch(`${server.url}/v1/datasets?name=${name}`, { method: "POST", body, headers });
  return ((await response.json()) as { id: string }).id;
};
const specOf = (lr: number): JobSpec => ({
  name: "penguins",
  data: { dataset: { id: dataset, target: "species" } },
  split: { validation: 0.2, stratify: true },
  model: { layers: [{ type: "linear", units: 16 }, { type: "relu" }, { type: "linear" }] },
  optimizer: { type: "adam", lr },
  batch_size: 32,
  epochs: 60,
  seed: 3,
});

beforeAll(async () => {
  server = await startLiveServer(dataDir.path, { TRAINYARD_WORKERS: "2", TRAINYARD_GRPC_PORT: "0" });
  csv = await readFile(PENGUINS, "utf8");
  dataset = await upload(csv, "penguins");
  for (const lr of [0.01, 0.02]) {
    const done = await server.client.wait((await server.client.submit(specOf(lr))).id);
    models.push(await server.client.model(done.model?.id ?? ""));
  }
});
afterAll(async () => {
  await server.stop();
  await dataDir.remove();
});

/** Raw rows of the file as objects, and their species. */
function rowsOfFile(): { rows: Record<string, string | number | null>[]; species: string[] } {
  const [head = "", ...lines] = csv.trim().split("\n");
  const names = head.split(",");
  const species: string[] = [];
  const rows = lines.map((line) => {
    const cells = line.split(",");
    const entries = names.map((name, index): [string, string | number | null] => {
      const cell = cells[index] ?? "";
      return [name, cell === "" ? null : Number.isNaN(Number(cell)) ? cell : Number(cell)];
    });
    species.push(cells[names.indexOf("species")] ?? "");
    return Object.fromEntries(entries.filter(([name]) => name !== "species"));
  });
  return { rows, species };
}

const postJson = async (path: string, body: object) => {
  const headers = { "content-type": "application/json" };
  const response = await fetch(`${server.url}${path}`, { method: "POST", body: JSON.stringify(body), headers });
  return response.json() as Promise<Record<string, unknown>>;
};

const readText = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => new Response(stream).text();

describe("a model of penguins", () => {
  it("takes rows as they stand in the table, in every way that there is, with the same answers", async () => {
    const { client } = server;
    const { rows, species } = rowsOfFile();
    const expected = (await client.predict("penguins", rows as Row[])) as { label: string; probability: number }[];
    const hits = expected.filter(({ label }, row) => label === species[row]).length;
    expect(hits / rows.length).toBeGreaterThan(0.97);

    const ndjson = rows.map((row) => JSON.stringify(row)).join("\n");
    const lines = (await readText(await client.predictBatch("penguins", ndjson, { type: "application/x-ndjson" })))
      .trim()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line))).toEqual(expected);

    const answered = (await readText(await client.predictBatch("penguins", csv, { type: "text/csv", topK: 1 })))
      .trim()
      .split("\r\n");
    const given = csv.trim().split("\n");
    expect(answered).toEqual([
      `${given[0]},prediction_1,probability_1`,
      ...expected.map(({ label, probability }, row) => `${given[row + 1]},${label},${probability}`),
    ]);

    const tf = (await postJson("/v1/models/penguins:predict", { instances: rows })) as {
      predictions: { probability: number }[];
    };
    expect(tf.predictions.map(({ probability }) => probability)).toEqual(expected.map(({ probability }) => probability));
    const text = ["island", "sex"];
    const inputs = Object.keys(rows[0] ?? {}).map((name) => ({
      name,
      datatype: text.includes(name) ? "BYTES" : "FP64",
      shape: [rows.length, 1],
      data: rows.map((row) => row[name]),
    }));
    const inferred = await postJson("/v2/models/penguins/versions/2/infer", { inputs, outputs: [{ name: "probability" }] });
    expect(inferred).toMatchObject({
      model_version: "2",
      outputs: [{ shape: [rows.length], data: expected.map(({ probability }) => probability) }],
    });

    const grpc = connectGrpc(String(server.logged.find(({ msg }) => msg === "ready")?.grpc));
    const answer = await grpc.call("ModelInfer", {
      model_name: "penguins",
      inputs: inputs.map(({ name, datatype, shape, data }) => ({
        ...{ name, datatype, shape },
        // Missing values are empty texts and NaN.
        contents:
          datatype === "BYTES"
            ? { bytes_contents: data.map((value) => Buffer.from(String(value ?? ""))) }
            : { fp64_contents: data.map((value) => value ?? Number.NaN) },
      })),
      outputs: [{ name: "probability" }],
    });
    grpc.close();
    const [bytes] = answer.raw_output_contents as readonly Buffer[];
    const probabilities = expected.map((_, row) => bytes?.readDoubleLE(8 * row));
    expect(probabilities).toEqual(expected.map(({ probability }) => probability));
  });

  it("has versions that can be told apart, an alias that moves, and tags", async () => {
    const { client } = server;
    expect(models.map(({ version }) => version)).toEqual([1, 2]);
    expect((await client.versions("penguins")).data.map(({ id }) => id)).toEqual(models.map(({ id }) => id).reverse());
    await client.setAlias("penguins", "production", 1);
    expect((await client.model("penguins@production")).id).toBe(models[0]?.id);
    await expect(client.removeModel("penguins@1")).rejects.toThrow("penguins@production");
    await client.setAlias("penguins", "production", 2);
    expect((await client.tag("penguins@production", { stage: "reviewed" })).tags).toEqual({ stage: "reviewed" });
    const comparison = await client.compare("penguins@1", "penguins@2");
    expect(comparison.spec).toEqual([{ pointer: "/optimizer/lr", a: 0.01, b: 0.02 }]);
    expect(comparison.evaluation.map(({ pointer }) => pointer)).toContain("/validation/accuracy");
    await client.removeAlias("penguins", "production");
  });

  it("is evaluated on any data set with its columns", async () => {
    const { client } = server;
    const { rows, species } = rowsOfFile();
    const predicted = (await client.predict("penguins", rows as Row[])) as { label: string }[];
    const hits = predicted.filter(({ label }, row) => label === species[row]).length;
    expect(await client.evaluate("penguins", dataset)).toMatchObject({ rows: rows.length, accuracy: hits / rows.length });

    // Columns in another order, with one more, and of the last rows alone.
    const lines = csv.trim().split("\n");
    const part = [lines[0], ...lines.slice(-50)].map(
      (line, row) => `${row === 0 ? "note" : "x"},${line?.split(",").reverse().join(",")}`,
    );
    const other = await upload(part.join("\n"), "part");
    const right = predicted.slice(-50).filter(({ label }, row) => label === species.at(row - 50)).length;
    expect(await client.evaluate("penguins", other)).toMatchObject({ rows: 50, accuracy: right / 50 });

    const strange = await upload("species,island,sex\nEmperor,Dream,MALE\nKing,Dream,FEMALE\n", "strange");
    await expect(client.evaluate("penguins", strange)).rejects.toThrow("has no column beak_length_mm");
    await expect(client.evaluate("penguins", "ds_none")).rejects.toThrow("there is no data set ds_none");
    const kings = await upload(csv.replaceAll("Gentoo", "King"), "kings");
    await expect(client.evaluate("penguins", kings)).rejects.toThrow("species is King in row");
  });
});
