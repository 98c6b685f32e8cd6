/** Which rows made a prediction, in a real browser and on the command line: from the prediction of a model to the rows behind it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JobSpec, Model } from "../../../../src/client/index.ts";
import { run } from "../../../cli/binary.ts";
import { faultsOfView } from "../audit.ts";
import { openStage, type Stage, submitted } from "../stage.ts";

/** Two clouds, and one row of the first that is said to be of the second. */
const WRONG = 12;
const ROWS = Array.from({ length: 40 }, (_, row) => {
  const isLeft = row % 2 === 0;
  const [x, y] = [((row * 7) % 20) / 10 + (isLeft ? -3 : 1), ((row * 11) % 17) / 10];
  return `${row === WRONG ? -2.5 : x},${row === WRONG ? 0.5 : y},${isLeft !== (row === WRONG) ? "left" : "right"}`;
});

let stage: Stage;
let model: Model;
beforeAll(async () => {
  stage = await openStage();
  const { id } = await stage.client.upload(["x,y,side", ...ROWS, ""].join("\n"), { format: "csv", name: "sides" });
  const spec = {
    name: "sides",
    data: { dataset: { id, target: "side" } },
    split: null,
    model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "linear" }] },
    optimizer: { type: "adam", lr: 0.05 },
    epochs: 60,
  } satisfies JobSpec;
  const job = await submitted(stage.client, spec, "succeeded");
  model = await stage.client.model(job.model?.id ?? "");
});
afterAll(() => stage.close());

describe("the rows that made a prediction", () => {
  it("are asked for beside the prediction, and shown with their cells", async () => {
    const { page, faults } = await stage.open(`/models/${model.id}?tab=predict`);
    await page.getByLabel("x", { exact: true }).fill("-2.4");
    await page.getByLabel("y", { exact: true }).fill("0.5");
    await page.getByText("Which rows made this prediction?").click();
    await page.getByLabel("It really is").selectOption("left");
    await page.getByRole("button", { name: "Find the rows" }).click();
    const harmers = page.getByRole("table", { name: /^Harmers/ });
    await harmers.waitFor();
    const first = harmers.locator("tbody tr").first();
    expect((await first.locator("td").allInnerTexts()).slice(0, 1)).toEqual([String(WRONG + 1)]);
    expect(await first.innerText()).toContain("right");
    expect(await faultsOfView(page)).toEqual([]);
    expect(faults).toEqual([]);
    const job = await stage.client.job(new URL(page.url()).pathname.split("/").at(-1) ?? "");
    expect(job).toMatchObject({ state: "succeeded", epochs_done: 41, model: { sha256: model.sha256 } });
  });

  it("are told on the command line", async () => {
    const env = { TRAINYARD_URL: stage.url };
    const row = '{"x": -2.4, "y": 0.5}';
    const { stdout, code } = await run(["influence", "sides@1", "--row", row, "--actual", "left", "--sample", "30"], { env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/left with probability \d+\.\d %, really left: log loss/);
    expect(stdout).toContain("30 of 40 training rows were left out");
    const one = await run(["influence", "sides@1", "--row", row, "--leave-out", String(WRONG + 1)], { env });
    expect(one.stdout).toMatch(new RegExp(`^ +${WRONG + 1} +[+-]\\d\\.\\d+ +right`, "m"));
    const refused = await run(["influence", "sides@1", "--row", row, "--leave-out", "41"], { env });
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("row 40 did not train")]);
  });

  it("are refused where a training cannot be repeated", async () => {
    const ask = (ref: string) => stage.client.influence(ref, { instances: [[0, 0]] });
    const file = new Uint8Array(await (await fetch(`${stage.url}/v1/models/${model.id}/weights`)).arrayBuffer());
    const imported = await stage.client.importModel(file, { name: "imported" });
    await expect(ask(imported.id)).rejects.toThrow("the model was imported");
    const generator = { type: "moons", samples: 60, noise: 0.1, seed: 1 } as const;
    const searched = await submitted(stage.client, { data: { generator }, model: { auto: { trials: 1 } } }, "succeeded");
    await expect(ask(searched.model?.id ?? "")).rejects.toThrow("the average of a search");
  });
});
