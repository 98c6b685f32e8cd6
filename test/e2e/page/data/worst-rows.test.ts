/** The rows that a model is most wrong on, in a real browser: a click away from its confusion matrix and its residuals. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job, JobSpec } from "../../../../src/client/answers.ts";
import type { ClassEvaluation, RegressionEvaluation } from "../../../../src/domain/models/evaluation.ts";
import { PHONE } from "../../browser.ts";
import { faultsOfView } from "../audit.ts";
import { openStage, type Stage, submitted } from "../stage.ts";

const PENGUINS = new URL("../../../../datasets/penguins.csv", import.meta.url);

let stage: Stage;
let species: Job;
let mass: Job;
beforeAll(async () => {
  stage = await openStage();
  const { id } = await stage.client.upload(await readFile(PENGUINS, "utf8"), { format: "csv", name: "penguins" });
  const train = (name: string, dataset: { target: string; features?: string[] }) =>
    submitted(
      stage.client,
      { name, data: { dataset: { id, ...dataset } }, model: { layers: [{ type: "linear" }] }, epochs: 30 } satisfies JobSpec,
      "succeeded",
    );
  // By the mass alone, two of the species cannot be told apart.
  species = await train("species", { target: "species", features: ["body_mass_g", "sex"] });
  mass = await train("mass", { target: "body_mass_g" });
});
afterAll(() => stage.close());

/** The text of each cell of a table in the dialog, row by row. */
const DIALOG_ROWS = "dialog tbody tr";

describe("worst rows", () => {
  it("are shown by a cell of the confusion matrix, with their values in the data", async () => {
    const model = await stage.client.model(species.model?.id ?? "");
    const heldOut = model.evaluation?.validation as ClassEvaluation | undefined;
    const { classes, confusion_matrix, worst_rows = [] } = heldOut ?? {};
    const wrong = worst_rows.find(({ actual, predicted }) => actual !== predicted);
    if (!wrong) throw new Error("every row is right");
    const labels = classes?.map(({ label }) => label) ?? [];
    const count = confusion_matrix?.[labels.indexOf(wrong.actual)]?.[labels.indexOf(wrong.predicted)];
    const { page, faults } = await stage.open(`/models/${model.id}`);
    await page.getByRole("button", { name: `${count} rows of ${wrong.actual} said to be ${wrong.predicted}` }).click();
    await page.locator(DIALOG_ROWS).first().waitFor();
    expect(await page.locator(DIALOG_ROWS).count()).toBe(Math.min(10, count ?? 0));
    const shown = await page.locator(DIALOG_ROWS).first().locator("td").allInnerTexts();
    const data = await stage.client.jobRows(species.id, { rows: [wrong.row] });
    expect(shown.slice(0, 3)).toEqual([String(wrong.row + 1), wrong.actual, wrong.predicted]);
    expect(data.targets[0]?.values).toEqual([wrong.actual]);
    expect(shown.at(-1)).toBe(data.features.at(-1)?.values[0] ?? "missing");
    expect(await faultsOfView(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Worst rows" }).click();
    await page.locator(DIALOG_ROWS).first().waitFor();
    const answers = await page
      .locator(DIALOG_ROWS)
      .evaluateAll((rows) => rows.map((row) => [row.children[1], row.children[2]].map((cell) => cell?.textContent)));
    expect(answers.every(([actual, predicted]) => actual !== predicted)).toBe(true);
    expect(faults).toEqual([]);
  });

  it("are shown beside the residuals, on a phone too", async () => {
    const model = await stage.client.model(mass.model?.id ?? "");
    const heldOut = model.evaluation?.validation as RegressionEvaluation | undefined;
    const worst_rows = heldOut?.worst_rows ?? [];
    const { page, faults } = await stage.open(`/models/${model.id}`, { ...PHONE, colorScheme: "dark" });
    const card = page.locator("section.card").filter({ has: page.getByRole("heading", { name: "Residuals" }) });
    await card.getByRole("button", { name: "Worst rows" }).click();
    await page.locator(DIALOG_ROWS).first().waitFor();
    expect(await page.locator(DIALOG_ROWS).count()).toBe(Math.min(40, worst_rows.length));
    expect(await page.locator(DIALOG_ROWS).first().locator("td").first().innerText()).toBe(
      String((worst_rows[0]?.row ?? 0) + 1),
    );
    expect(await faultsOfView(page)).toEqual([]);
    expect(faults).toEqual([]);
  });
});
