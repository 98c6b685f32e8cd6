/** A table with a column of text on the real server: searched, predicted in every dialect, evaluated, exported and imported. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../../../src/client/answers.ts";
import type { Row } from "../../../src/client/models.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";

let server: BorrowedServer;
let dataset: string;
let model: Model;

const PLACES = ["Thames", "Venice", "the castle", "a harbour", "Étretat", "the bridge"];
const rows = Array.from({ length: 240 }, (_, row) => ({
  title: `${row % 2 === 0 ? "Study of" : "Sunset, over"} ${PLACES[(row * 5) % 6]}, no. ${(row * 17) % 97}`,
  width: (row * 13) % 29,
  medium: row % 2 === 0 ? "pencil" : "oil",
}));
const asked = rows.slice(0, 40).map(({ title, width }): Row & object => ({ title, width }));
const column = (name: "title" | "width") => rows.slice(0, 40).map((row) => row[name]);
const csv = (of: readonly Row[]) =>
  [
    Object.keys(of[0] ?? {}).join(","),
    ...of.map((row) =>
      Object.values(row)
        .map((cell) => `"${cell}"`)
        .join(","),
    ),
  ].join("\n");

beforeAll(async () => {
  server = await borrowServer();
  const file = new TextEncoder().encode(csv(rows));
  dataset = (await server.client.upload(file, { name: "works", format: "csv" })).id;
  const job = await server.client.submit({
    name: "works",
    data: { dataset: { id: dataset, target: "medium" } },
    model: { auto: { trials: 3, folds: 2 } },
  });
  const done = await server.client.wait(job.id);
  expect(done).toMatchObject({ state: "succeeded" });
  model = await server.client.model(done.model?.id ?? "");
});
afterAll(async () => {
  await server.giveBack();
});

const post = (path: string, body: string, type = "application/json") =>
  fetch(`${server.url}${path}`, { method: "POST", body, headers: { "content-type": type } });

describe("a model that reads text", () => {
  it("has it as a column of text, whose importance is one number", async () => {
    expect(model.inputs).toMatchObject([{ name: "title", type: "text" }, { name: "width" }]);
    const { importance } = model.evaluation ?? {};
    expect(importance?.columns.map(({ column }) => column).sort()).toEqual(["title", "width"]);
    expect(model.score?.metrics).toMatchObject({ accuracy: 1 });
  });

  it("answers alike in every dialect", async () => {
    const predicted = (await server.client.predict(model.id, asked)) as { label: string; probability: number }[];
    expect(predicted.map(({ label }) => label)).toEqual(rows.slice(0, 40).map(({ medium }) => medium));
    const labels = predicted.map(({ label }) => label);
    const lines = await post(
      `/v1/models/${model.id}/predict`,
      asked.map((row) => JSON.stringify(row)).join("\n"),
      "application/x-ndjson",
    );
    expect(
      (await lines.text())
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual(predicted);
    const table = await (await post(`/v1/models/${model.id}/predict`, csv(asked), "text/csv")).text();
    expect(
      table
        .trim()
        .split("\r\n")
        .slice(1)
        .map((line) => line.match(/,(oil|pencil),/)?.[1]),
    ).toEqual(labels);
    const served = (await (await post(`/v1/models/works:predict`, JSON.stringify({ instances: asked }))).json()) as {
      predictions: { label: string; probability: number }[];
    };
    expect(served.predictions.map(({ probability }) => probability)).toEqual(predicted.map(({ probability }) => probability));
    const inputs = [
      { name: "title", datatype: "BYTES", shape: [40], data: column("title") },
      { name: "width", datatype: "INT64", shape: [40], data: column("width") },
    ];
    const inferred = await (
      await post(`/v2/models/works/infer`, JSON.stringify({ inputs, outputs: [{ name: "label" }] }))
    ).json();
    expect(inferred).toMatchObject({ outputs: [{ data: labels }] });
  });

  it("is evaluated on a data set with texts, and comes back from its safetensors file", async () => {
    const { client } = server;
    expect(await client.evaluate(model.id, dataset)).toMatchObject({ rows: 240, accuracy: 1 });
    const imported = await client.importModel(await client.weights(model.id), { name: "returned" });
    expect(await client.predict(imported.id, asked)).toEqual(await client.predict(model.id, asked));
  });

  it("is not exported as ONNX, which says why", async () => {
    const answer = await fetch(`${server.url}/v1/models/${model.id}/onnx`);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toContain("ONNX has no operator that cuts a text into words");
  });

  it("comes to the same bits again", async () => {
    const again = await server.client.wait((await server.client.reproduce(model.id)).id);
    expect(again).toMatchObject({ state: "succeeded", agrees: true });
  });
});
