/** Whether more data would help, in a real browser and on the command line: from a model to its learning curve. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobSpec, Model } from "../../../../src/client/index.ts";
import { run } from "../../../cli/binary.ts";
import { faultsOfView } from "../audit.ts";
import { openStage, type Stage, submitted } from "../stage.ts";

let stage: Stage;
let model: Model;
const spec = {
  name: "moons",
  data: { generator: { type: "moons", samples: 120, noise: 0.2, seed: 1 } },
  split: { validation: 0.3 },
  model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.05 },
  epochs: 40,
} satisfies JobSpec;

beforeAll(async () => {
  stage = await openStage();
  const job = await submitted(stage.client, spec, "succeeded");
  model = await stage.client.model(job.model?.id ?? "");
});
afterAll(() => stage.close());

describe("a learning curve", () => {
  it("is asked for on the page of the model, and drawn for each figure", async () => {
    const { page, faults } = await stage.open(`/models/${model.id}`);
    await page.getByRole("button", { name: "Draw the learning curve" }).click();
    await page.getByRole("img", { name: /^accuracy by training rows: .*with 168 rows probably/ }).waitFor();
    await page.getByText("log loss", { exact: true }).first().click();
    await page.getByRole("img", { name: /^log loss by training rows/ }).waitFor();
    expect(await faultsOfView(page)).toEqual([]);
    expect(faults).toEqual([]);
    const job = await stage.client.job(new URL(page.url()).pathname.split("/").at(-1) ?? "");
    expect(job).toMatchObject({ state: "succeeded", model: { sha256: model.sha256 } });
    const { evaluation } = await stage.client.model(job.model?.id ?? "");
    expect(evaluation?.learning_curve).toMatchObject({
      agrees: true,
      part: "validation",
      training_rows: 84,
      repeats: 8,
      failed: 0,
    });
  });

  it("is told on the command line, within 80 columns", async () => {
    const env = { TRAINYARD_URL: stage.url };
    const { stdout, code } = await run(["learning-curve", "moons@1", "--sizes", "5", "--repeats", "8"], { env });
    expect(code).toBe(0);
    expect(stdout).toContain("Twice the rows, 168, would change accuracy by ");
    expect(stdout).toMatch(/^ +84 +\d+\.\d % +\d+\.\d to \d+\.\d % +\d+\.\d %/m);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  it("is refused where no rows are held out, and for the average of a search", async () => {
    const whole = await submitted(stage.client, { ...spec, split: null }, "succeeded");
    await expect(stage.client.learningCurve(whole.model?.id ?? "", {})).rejects.toThrow("holds no rows out");
    const searched = await submitted(stage.client, { data: spec.data, model: { auto: { trials: 1 } } }, "succeeded");
    await expect(stage.client.learningCurve(searched.model?.id ?? "", {})).rejects.toThrow("the average of a search");
  });
});
