/** Explanations and partial dependence on the real server: of tables, inline rows, imported models, and data that is gone. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClassAnswer, Explanation, JobSpec, PredictionAnswer, RegressionAnswer } from "../../../src/client/answers.ts";
import type { ApiError } from "../../../src/client/error.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";

let server: BorrowedServer;
let penguins: { readonly model: string; readonly dataset: string };
beforeAll(async () => {
  server = await borrowServer();
  const csv = await readFile(new URL("../../fixtures/datasets/penguins.csv", import.meta.url));
  const { id } = await server.client.upload(csv, { name: "penguins", format: "csv" });
  penguins = { dataset: id, model: await trained({ data: { dataset: { id, target: "species" } }, ...SMALL }) };
}, 120_000);
afterAll(async () => {
  await server.giveBack();
});

const SMALL = {
  model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.02 },
  epochs: 20,
} satisfies Partial<JobSpec>;

async function trained(spec: JobSpec): Promise<string> {
  const { id } = await server.client.wait((await server.client.submit(spec)).id);
  const { model, error } = await server.client.job(id);
  if (!model) throw new Error(JSON.stringify(error));
  return model.id;
}

const ROW = {
  island: "Dream",
  beak_length_mm: 39.5,
  beak_depth_mm: 17.4,
  flipper_length_mm: 186,
  sex: "FEMALE",
  body_mass_g: 3800,
};
const explanationOf = (answer: PredictionAnswer | undefined): Explanation => {
  if (!answer?.explanation) throw new Error("no explanation");
  return answer.explanation;
};
const problemOf = (asked: Promise<unknown>) =>
  asked.then(
    () => null,
    (error: unknown) => (error as ApiError).problem,
  );

describe("explain at predict", () => {
  it("adds up to the probability of each class, by raw column, in the order of the model's", async () => {
    const { client } = server;
    const [plain] = (await client.predict(penguins.model, [ROW])) as ClassAnswer[];
    const [answer] = (await client.predict(penguins.model, [ROW, {}], { explain: {} })) as ClassAnswer[];
    const { base, exact, contributions } = explanationOf(answer);
    expect(answer).toMatchObject({ ...plain });
    expect(exact).toBe(true);
    const inputs = (await client.model(penguins.model)).inputs ?? [];
    expect(contributions.map(({ column }) => column)).toEqual(inputs.map(({ name }) => name));
    for (const [label, probability] of Object.entries(answer?.probabilities ?? {})) {
      const sum = contributions.reduce(
        (total, each) => total + (each.probabilities?.[label] ?? 0),
        base.probabilities?.[label] ?? 0,
      );
      expect(Math.abs(sum - probability)).toBeLessThan(1e-6);
    }
  });

  it("is the same each time, and another for another seed", async () => {
    const ask = (seed: number, background = 20) =>
      server.client.predict(penguins.model, [ROW], { explain: { seed, background } });
    const first = await ask(1);
    expect(await ask(1)).toEqual(first);
    expect(await ask(2)).not.toEqual(first);
  });

  it("lists the classes that are listed, with intervals and notes as without it", async () => {
    const { client } = server;
    const body = { instances: [{ ...ROW, island: "Atlantis" }], top_k: 1, explain: { background: 10 } };
    const response = await fetch(`${server.url}/v1/models/${penguins.model}/predict`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as { predictions: ClassAnswer[]; notes: { code: string }[] };
    expect(answer.notes.map(({ code }) => code)).toContain("unseen_category");
    const label = String(answer.predictions[0]?.label);
    expect(Object.keys(explanationOf(answer.predictions[0]).base.probabilities ?? {})).toEqual([label]);
    const [surrounded] = await client.predict(penguins.model, [ROW], { interval: 0.8, explain: { background: 10 } });
    expect(surrounded).toHaveProperty("set");
  });

  it("compares with rows that are sent, also for a model that came as a file, and for a checkpoint", async () => {
    const { client } = server;
    const imported = await client.importModel(await client.weights(penguins.model), { name: "moved" });
    expect(await problemOf(client.predict(imported.id, [ROW], { explain: {} }))).toMatchObject({
      status: 409,
      detail: expect.stringContaining("imported"),
      errors: [{ pointer: "/explain/background" }],
    });
    const background = [
      { ...ROW, island: "Biscoe" },
      { ...ROW, body_mass_g: 5000 },
    ];
    const [own] = await client.predict(penguins.model, [ROW], { explain: { background } });
    // A body so large that a thread reads it has to ask for its background first, and is answered the same.
    const asked = JSON.stringify({ instances: [ROW], explain: { background } });
    const headers = { "content-type": "application/json" };
    const text = async (body: string) =>
      (await fetch(`${server.url}/v1/models/${penguins.model}/predict`, { method: "POST", body, headers })).text();
    expect(await text(" ".repeat(40_000) + asked)).toBe(await text(asked));
    const drawn = asked.replace(JSON.stringify(background), "20");
    expect(await text(" ".repeat(40_000) + drawn)).toBe(await text(drawn));
    const [moved] = await client.predict(imported.id, [ROW], { explain: { background } });
    expect(moved).toEqual(own);
    const still = explanationOf(own).contributions.filter(({ column }) => column !== "island" && column !== "body_mass_g");
    for (const { probabilities } of still) expect(Object.values(probabilities ?? {}).every((value) => value === 0)).toBe(true);
    expect(
      await problemOf(client.predict(penguins.model, [ROW], { explain: { background: [ROW, { wings: 2 }] } })),
    ).toMatchObject({
      status: 422,
      errors: [{ pointer: "/explain/background/1/wings" }],
    });
    const { data } = await client.checkpoints((await client.model(penguins.model)).job ?? "");
    if (data[0]) expect(await client.predictCheckpoint(data[0].id, [ROW], { explain: { background: 5 } })).toHaveLength(1);
  });

  it("explains inline rows and quantiles in the units of the target", async () => {
    const { client } = server;
    const features = Array.from({ length: 80 }, (_, row) =>
      Array.from({ length: 14 }, (_, column) => Math.sin(row * (column + 1))),
    );
    const targets = features.map((row) => 1000 + 50 * (row[0] as number) - 20 * (row[3] as number));
    const model = await trained({
      data: { inline: { features, targets } },
      ...SMALL,
      loss: { type: "pinball", quantiles: [0.1, 0.5, 0.9] },
    });
    const [answer] = (await client.predict(model, [features[4] as number[]], { explain: {} })) as RegressionAnswer[];
    const { base, exact, permutations, contributions } = explanationOf(answer);
    expect([exact, contributions.length]).toEqual([false, 14]);
    expect(permutations).toBeGreaterThan(100);
    expect(contributions[0]?.standard_error?.value).toBeGreaterThan(0);
    for (const name of ["0.1", "0.5", "0.9"]) {
      const sum = contributions.reduce((total, each) => total + Number(each.quantiles?.[name]), Number(base.quantiles?.[name]));
      expect(Math.abs(sum - Number(answer?.quantiles?.[name]))).toBeLessThan(1e-6 * 1000);
    }
  });

  it("explains streams: a member of each line of NDJSON, and cells of CSV that add up to the answered class", async () => {
    const { client } = server;
    const [own] = (await client.predict(penguins.model, [ROW], { explain: { background: 30 } })) as ClassAnswer[];
    const ask = async (type: "text/csv" | "application/x-ndjson", rows: string) =>
      new Response(await client.predictBatch(penguins.model, rows, { type, explain: true, background: 30 })).text();
    const line = `${JSON.stringify(ROW)}\n`;
    expect(
      (await ask("application/x-ndjson", line.repeat(3)))
        .trimEnd()
        .split("\n")
        .map((text) => JSON.parse(text)),
    ).toEqual([own, own, own]);
    const [head, row] = (await ask("text/csv", `${Object.keys(ROW).join()}\n${Object.values(ROW).join()}\n`)).split("\r\n");
    const cells = new Map((head ?? "").split(",").map((name, at) => [name, (row ?? "").split(",")[at]]));
    const label = String(own?.label);
    expect(cells.get("base")).toBe(String(own?.explanation?.base.probabilities?.[label]));
    const names = [...cells.keys()].filter((name) => name.startsWith("contribution_"));
    expect(names).toHaveLength(6);
    const sum = names.reduce((total, name) => total + Number(cells.get(name)), Number(cells.get("base")));
    expect(Math.abs(sum - Number(cells.get("probability")))).toBeLessThan(1e-6);
    const byQuery = await fetch(`${server.url}/v1/models/${penguins.model}/predict?explain=shapley&background=30`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ instances: [ROW] }),
    });
    expect(await byQuery.json()).toEqual({ predictions: [own] });
  });

  it("is refused with the limit's name, for streams and for large bodies", async () => {
    const { client } = server;
    const rows = Array.from({ length: 101 }, () => ROW);
    expect(await problemOf(client.predict(penguins.model, rows, { explain: {} }))).toMatchObject({
      status: 413,
      errors: [{ pointer: "/instances", detail: expect.stringContaining("100 that one request can explain") }],
    });
    const many = Array.from({ length: 4000 }, () => ROW);
    expect(await problemOf(client.predict(penguins.model, many, { explain: {} }))).toMatchObject({
      status: 422,
      errors: [{ pointer: "/explain" }],
    });
    expect(await problemOf(client.predict(penguins.model, [ROW], { explain: { background: 0 } }))).toMatchObject({
      status: 422,
    });
    const stream = await fetch(`${server.url}/v1/models/${penguins.model}/predict?background=5`, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: `${JSON.stringify(ROW)}\n`,
    });
    expect(stream.status).toBe(422);
  });
});

describe("partial dependence", () => {
  it("is the mean of predictions with one value in a column, and for a row its own", async () => {
    const { client } = server;
    const background = [ROW, { ...ROW, island: "Biscoe", body_mass_g: 5000 }, { ...ROW, beak_length_mm: null }];
    const asked = { columns: ["body_mass_g", "island"], points: 3, background, instances: [ROW] };
    const { columns, background: rows } = await client.partialDependence(penguins.model, asked);
    expect(rows).toBe(3);
    const [mass, island] = columns;
    expect(mass).toMatchObject({ column: "body_mass_g", type: "integer", values: [3800, 4400, 5000] });
    expect(island?.values).toEqual(["Biscoe", "Dream", "Torgersen"]);
    for (const [at, value] of (mass?.values ?? []).entries()) {
      const changed = background.map((row) => ({ ...row, body_mass_g: value as number }));
      const answers = (await client.predict(penguins.model, changed)) as ClassAnswer[];
      for (const label of Object.keys(answers[0]?.probabilities ?? {})) {
        const mean = answers.reduce((sum, answer) => sum + (answer.probabilities[label] as number), 0) / 3;
        expect(mass?.mean[at]?.probabilities?.[label]).toBeCloseTo(mean, 10);
        expect(mass?.rows?.[0]?.[at]?.probabilities?.[label]).toBe(answers[0]?.probabilities[label]);
      }
    }
  });

  it("covers the rows that trained by default, and names what it cannot vary", async () => {
    const { client } = server;
    const { columns, background } = await client.partialDependence(penguins.model);
    expect(background).toBe(100);
    for (const { type, values, mean } of columns) {
      expect(values.length).toBe(mean.length);
      expect(values.length).toBeGreaterThan(type === "category" ? 1 : 19);
    }
    expect(await problemOf(client.partialDependence(penguins.model, { columns: ["body_mas_g"] }))).toMatchObject({
      status: 422,
      errors: [{ pointer: "/columns/0", detail: expect.stringContaining("did you mean body_mass_g?") }],
    });
    expect(await problemOf(client.partialDependence(penguins.model, { points: 1 }))).toMatchObject({ status: 422 });
  });
});

it("says that the rows are gone with their data set, and still takes others", async () => {
  const { client } = server;
  await client.predict(penguins.model, [ROW], { explain: {} });
  await client.removeDataset(penguins.dataset);
  for (const asked of [client.predict(penguins.model, [ROW], { explain: {} }), client.partialDependence(penguins.model)])
    expect(await problemOf(asked)).toMatchObject({ status: 409, detail: expect.stringContaining("data set was deleted") });
  expect(await client.predict(penguins.model, [ROW], { explain: { background: [ROW] } })).toHaveLength(1);
});
