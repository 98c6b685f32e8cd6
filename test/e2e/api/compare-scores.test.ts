/** Scores with their intervals, and two models on the same rows, on the real server. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobSpec, Model } from "../../../src/client/answers.ts";
import type { ApiError } from "../../../src/client/error.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";

let server: BorrowedServer;
let [penguins, half] = ["", ""];
beforeAll(async () => {
  server = await borrowServer();
  const csv = await readFile(new URL("../../fixtures/datasets/penguins.csv", import.meta.url), "utf8");
  const [header, ...lines] = csv.trimEnd().split("\n");
  const upload = async (name: string, rows: readonly (string | undefined)[]) =>
    (await server.client.upload(new TextEncoder().encode([header, ...rows].join("\n")), { name, format: "csv" })).id;
  penguins = await upload("penguins", lines);
  half = await upload(
    "half",
    lines.filter((_, row) => row % 2 === 0),
  );
}, 120_000);
afterAll(async () => {
  await server.giveBack();
});

async function trained(name: string, spec: Partial<JobSpec> = {}): Promise<Model> {
  const job = await server.client.submit({
    ...{ name, data: { dataset: { id: penguins, target: "species" } }, epochs: 20, optimizer: { type: "adam", lr: 0.02 } },
    model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "linear" }] },
    ...spec,
  });
  const { model, error } = await server.client.wait(job.id);
  if (!model) throw new Error(JSON.stringify(error));
  return server.client.model(model.id);
}

const accuracyOf = ({ score }: Model): number =>
  score && "accuracy" in score.metrics ? (score.metrics.accuracy ?? Number.NaN) : Number.NaN;

const refusal = (asked: Promise<unknown>) =>
  asked.then(
    () => null,
    (error: unknown) => (error as ApiError).problem,
  );

describe("the score of a model", () => {
  it("has intervals of its held-out rows, in its evaluation and in one on another data set, and none of its training rows", async () => {
    const model = await trained("scored");
    const accuracy = accuracyOf(model);
    const [low, high] = model.score?.intervals?.accuracy ?? [1, 0];
    expect([low <= accuracy, accuracy <= high, high - low > 0.02]).toEqual([true, true, true]);
    expect(model.evaluation?.validation?.intervals).toEqual(model.score?.intervals);
    expect(model.evaluation?.train).not.toHaveProperty("intervals");
    const response = await fetch(`${server.url}/v1/models/${model.id}/evaluate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ dataset: { id: half } }),
    });
    expect((await response.json()) as object).toMatchObject({ evaluation: { intervals: { level: 0.9 } } });
  });
});

describe("two models", () => {
  it("are compared on the rows that both held out, or on another data set", async () => {
    const [good, poor] = [await trained("good"), await trained("poor", { epochs: 1, optimizer: { type: "sgd", lr: 1e-4 } })];
    const compared = await server.client.compareScores(good.id, poor.id);
    expect(compared).toMatchObject({ a: good.id, b: poor.id, part: "validation", rows: good.score?.rows, level: 0.9 });
    const [accuracy] = compared.figures;
    expect(accuracy).toMatchObject({ figure: "accuracy", a: accuracyOf(good) });
    expect(accuracy?.p_a_better).toBeGreaterThan(0.95);
    expect(accuracy?.to).toBeLessThan(0);
    expect(await server.client.compareScores(good.id, poor.id)).toEqual(compared);
    const onHalf = await server.client.compareScores(poor.id, good.id, { dataset: half });
    expect(onHalf).toMatchObject({ part: "dataset", figures: [{ figure: "accuracy" }, {}, {}, {}, {}, {}, {}] });
    expect(onHalf.figures[0]?.p_a_better).toBeLessThan(0.05);
  });

  it("are compared over rows and seeds where jobs have asked what other seeds come to", async () => {
    const { client } = server;
    const [good, poor] = [
      await trained("lucky"),
      await trained("unlucky", { epochs: 1, optimizer: { type: "sgd", lr: 1e-4 } }),
    ];
    for (const [{ id }, seeds] of [
      [good, { a: 5 }],
      [poor, { a: 5, b: 5 }],
    ] as const) {
      const job = await client.seeds(id, { seeds: 5 });
      expect(await client.wait(job.id)).toMatchObject({ state: "succeeded", epochs_done: 6 });
      const { seeds: known, figures } = await client.compareScores(good.id, poor.id);
      expect(known).toEqual(seeds);
      expect(figures[0]?.over_seeds !== undefined).toBe("b" in seeds);
    }
    const compared = await client.compareScores(good.id, poor.id);
    const [accuracy] = compared.figures;
    expect(accuracy?.over_seeds?.p_a_better).toBeGreaterThan(0.95);
    const onHalf = await client.compareScores(good.id, poor.id, { dataset: half });
    expect(onHalf).not.toHaveProperty("seeds");
    const none = await trained("nothing-held-out", { split: null });
    expect(await refusal(client.seeds(none.id, {}))).toMatchObject({
      status: 422,
      detail: expect.stringMatching(/no rows out .* train it with a split/),
    });
  });

  it("are refused with the reason where there are no rows that neither was trained on", async () => {
    const { client } = server;
    const model = await trained("one");
    const other = await trained("other", { seed: 3 });
    const none = await trained("none", { split: null });
    const sex = await trained("sex", { data: { dataset: { id: penguins, target: "sex" } } });
    const moons = (noise: number) => ({
      data: { generator: { type: "moons" as const, samples: 100, noise, seed: 7 } },
      split: { validation: 0.3 },
    });
    const [easy, hard] = [await trained("easy", moons(0.05)), await trained("hard", moons(0.4))];
    const details = await Promise.all([
      refusal(client.compareScores(model.id, other.id)),
      refusal(client.compareScores(model.id, none.id)),
      refusal(client.compareScores(sex.id, model.id, { dataset: half })),
      refusal(client.compareScores(model.id, other.id, { dataset: penguins })),
      refusal(client.compareScores(model.id, model.id)),
      refusal(client.compareScores(easy.id, hard.id)),
    ]);
    expect(details).toMatchObject([
      { status: 409, detail: expect.stringMatching(/their jobs held out different rows .* name a data set/) },
      { status: 409, detail: expect.stringMatching(/the job of none@1 held no rows out/) },
      { status: 409, detail: expect.stringMatching(/different classes/) },
      { status: 422, errors: [{ pointer: "/dataset" }] },
      { status: 422, errors: [{ pointer: "/with" }] },
      { status: 409, detail: expect.stringMatching(/different data/) },
    ]);
    // What trained them is known without their jobs too.
    for (const { job } of [model, other]) await client.remove(job ?? "");
    const onTraining = await refusal(client.compareScores(model.id, other.id, { dataset: penguins }));
    expect(onTraining).toMatchObject({ status: 422, errors: [{ pointer: "/dataset" }] });
  });
});
