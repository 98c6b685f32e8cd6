/** A job that names no network on the real server: three kinds of tables, in every serving protocol, and trained again. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Model } from "../../../src/client/answers.ts";
import type { Row } from "../../../src/client/models.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";

let server: BorrowedServer;

const ROWS = 240;
const rows = Array.from({ length: ROWS }, (_, row) => ({
  width: row % 11 === 0 ? null : (row * 37) % 101,
  height: ((row * 53) % 97) / 7,
  place: ["north", "south", "east", null][(row * 7) % 4] as string | null,
}));
const worth = rows.map(({ width, height, place }) => (width ?? 50) / 10 + height * (place === "south" ? 2 : 1));
const TARGETS: Readonly<Record<string, readonly (string | number)[]>> = {
  price: worth.map((value) => Math.round(100 * value) / 100),
  sold: worth.map((value) => (value > 13 ? "yes" : "no")),
  class: worth.map((value) => (value > 18 ? "high" : value > 9 ? "middle" : "low")),
};
const models = new Map<string, Model>();

beforeAll(async () => {
  server = await borrowServer();
  for (const [target, values] of Object.entries(TARGETS)) {
    const lines = rows.map(({ width, height, place }, row) => [width ?? "", height, place ?? "", values[row]].join());
    const file = new TextEncoder().encode([`width,height,place,${target}`, ...lines].join("\n"));
    const { id } = await server.client.upload(file, { name: target, format: "csv" });
    const job = await server.client.submit({
      name: target,
      data: { dataset: { id, target } },
      model: { auto: { trials: 4, folds: 2 } },
    });
    const done = await server.client.wait(job.id);
    expect(done).toMatchObject({ state: "succeeded" });
    models.set(target, await server.client.model(done.model?.id ?? ""));
  }
});
afterAll(async () => {
  await server.giveBack();
});

const post = async (path: string, body: object) => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${server.url}${path}`, { method: "POST", body: JSON.stringify(body), headers });
  return (await answer.json()) as Record<string, unknown>;
};

type Answer = { value?: number; label?: string; probability?: number; probabilities?: Record<string, number> };

describe.each(Object.keys(TARGETS))("a searched model of %s", (name) => {
  it("answers alike in TensorFlow Serving, Open Inference and predict", async () => {
    const predicted = (await server.client.predict(name, rows as Row[])) as Answer[];
    const isRegression = predicted[0]?.value !== undefined;
    const expected = predicted.map(({ value, label, probability, probabilities = {} }) =>
      isRegression ? value : { label, probability, probabilities: Object.values(probabilities) },
    );
    expect(await post(`/v1/models/${name}:predict`, { instances: rows })).toMatchObject({ predictions: expected });
    const inputs = (["width", "height", "place"] as const).map((column) => ({
      name: column,
      datatype: column === "place" ? "BYTES" : "FP64",
      shape: [ROWS],
      data: rows.map((row) => row[column]),
    }));
    const output = isRegression ? "value" : "probabilities";
    const numbers = predicted.flatMap(({ value, probabilities = {} }) => (isRegression ? value : Object.values(probabilities)));
    const inferred = await post(`/v2/models/${name}/infer`, { inputs, outputs: [{ name: output }] });
    expect(inferred).toMatchObject({ outputs: [{ name: output, data: numbers }] });
  });

  it("comes to the same bits when it is trained again", async () => {
    const { id, sha256 } = models.get(name) as Model;
    const again = await server.client.wait((await server.client.reproduce(id)).id);
    expect(again).toMatchObject({ state: "succeeded", agrees: true, reproduces: { sha256, result_sha256: sha256 } });
  });
});
