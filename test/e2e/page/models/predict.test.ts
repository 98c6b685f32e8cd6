/** Predictions in a real browser: a row in a form that the model made, and a CSV that comes back. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job } from "../../../../src/client/answers.ts";
import { openStage, type Stage, submitted } from "../stage.ts";

const PENGUINS = new URL("../../../../datasets/penguins.csv", import.meta.url);

let stage: Stage;
let penguins: Job;
beforeAll(async () => {
  stage = await openStage();
  const { id } = await stage.client.upload(await readFile(PENGUINS, "utf8"), { format: "csv", name: "penguins" });
  penguins = await submitted(
    stage.client,
    {
      name: "penguins",
      data: { dataset: { id, target: "species" } },
      model: { layers: [{ type: "linear", units: 16 }, { type: "relu" }, { type: "linear" }] },
      optimizer: { type: "adam", lr: 0.02 },
      epochs: 100,
    },
    "succeeded",
  );
});
afterAll(() => stage.close());

const open = () => stage.open(`/models/${penguins.model?.id}?tab=predict`);
const said = (page: Page) => page.locator(".predicted").innerText();

describe("a row", () => {
  it("has a field for each column of the model, filled with what is usual, and is answered as it changes", async () => {
    const { page, faults } = await open();
    await expect.poll(() => said(page)).toMatch(/Adelie|Gentoo|Chinstrap/);
    const fields = page.locator(".row-form label");
    expect(await fields.allInnerTexts()).toEqual([
      "island",
      "beak_length_mm",
      "beak_depth_mm",
      "flipper_length_mm",
      "body_mass_g",
      "sex",
    ]);
    const row = { island: "Biscoe", beak_length_mm: 49, beak_depth_mm: 15, flipper_length_mm: 222, body_mass_g: 5600 };
    await page.getByLabel("island", { exact: true }).selectOption(row.island);
    for (const [name, value] of Object.entries(row).slice(1)) await page.getByLabel(name, { exact: true }).fill(String(value));
    await page.getByLabel("sex", { exact: true }).selectOption("");
    await expect.poll(() => said(page)).toBe("Gentoo");
    const [answer] = await stage.client.predict(penguins.model?.id ?? "", [row]);
    const share = answer && "probabilities" in answer ? (answer.probabilities.Gentoo ?? 0) : 0;
    await expect
      .poll(() => page.locator(".predict-answer .bar-row", { hasText: "Gentoo" }).innerText())
      .toContain((share * 100).toFixed(1));
    expect(faults).toEqual([]);
  });

  it("has below each field what its other values would change", async () => {
    const { page, faults } = await open();
    const picture = (name: string) => page.getByRole("img", { name: new RegExp(`^The probability of .* by ${name}: `) });
    for (const name of ["island", "beak_length_mm", "beak_depth_mm", "flipper_length_mm", "body_mass_g", "sex"])
      await picture(name).waitFor();
    const texts = await page.locator(".row-form select").first().inputValue();
    const before = await picture("island").getAttribute("aria-label");
    const other = ["Biscoe", "Dream", "Torgersen"].find((island) => island !== texts) as string;
    const row = Object.fromEntries(
      await page.locator(".row-form .row-field").evaluateAll((fields) =>
        fields.map((field) => {
          const control = field.querySelector<HTMLInputElement | HTMLSelectElement>("select, input[type=number]");
          return [field.querySelector("label")?.textContent ?? "", control?.value ?? ""];
        }),
      ),
    );
    const [answer] = await stage.client.predict(penguins.model?.id ?? "", [{ ...row, island: other }]);
    const label = /^The probability of (\w+)/.exec(before ?? "")?.[1] ?? "";
    const share = answer && "probabilities" in answer ? (answer.probabilities[label] ?? 0) : 0;
    expect(before).toContain(`${(share * 100).toFixed(1)}`);
    await page.getByLabel("beak_length_mm", { exact: true }).fill("59");
    await expect.poll(() => picture("island").getAttribute("aria-label")).not.toBe(before);
    expect(faults).toEqual([]);
  });

  it("is explained by bars that add up to the answer, and has its mean over training rows below each field", async () => {
    const { page, faults } = await open();
    const bars = page.getByRole("list", { name: /^Contributions to the probability of (Adelie|Gentoo|Chinstrap)$/ });
    await bars.waitFor();
    expect(await bars.getByRole("listitem").count()).toBe(6);
    const why = page.getByRole("region", { name: "Why" });
    const figures = async () => {
      const texts = [await why.locator("p").first().innerText(), ...(await bars.locator(".num").allInnerTexts())];
      return texts.map((text) => Number(/[+−]?[\d.]+/.exec(text)?.[0].replace("−", "-")));
    };
    const shown = async () => Number(/[\d.]+/.exec(await page.locator('.bar-row[data-chosen="true"] .num').innerText())?.[0]);
    // Each is rounded to a tenth of a percent.
    await expect.poll(async () => Math.abs((await figures()).reduce((a, b) => a + b) - (await shown()))).toBeLessThan(0.4);
    await page.getByText("Dashed: the mean over training rows.").waitFor();
    expect(await page.locator(".profile-mean").count()).toBeGreaterThanOrEqual(6);
    const before = await figures();
    await page.getByLabel("flipper_length_mm", { exact: true }).fill("231");
    await expect.poll(figures).not.toEqual(before);
    expect(faults).toEqual([]);
  });

  it("says why it is not explained where the training rows are gone", async () => {
    const { id } = await stage.client.importModel(await stage.client.weights(penguins.model?.id ?? ""), { name: "moved" });
    const { page, faults } = await stage.open(`/models/${id}?tab=predict`);
    await page.getByText("Not explained: the training rows of the model are not on this server.").waitFor();
    await expect.poll(() => said(page)).toMatch(/Adelie|Gentoo|Chinstrap/);
    expect(await page.getByText("Dashed:").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("is taken from the data, with what it is there", async () => {
    const { page } = await open();
    await page.getByRole("button", { name: "Random row" }).click();
    await page.getByText(/The data says (Adelie|Gentoo|Chinstrap)\./).waitFor();
  });

  it("is moved by sliders with keys", async () => {
    const { page } = await open();
    const slider = page.getByRole("slider", { name: "body_mass_g, slider" });
    await slider.focus();
    await page.keyboard.press("Home");
    await expect.poll(() => page.getByLabel("body_mass_g", { exact: true }).inputValue()).toBe("2700");
  });
});

describe("a CSV", () => {
  it("comes back with a prediction in each row", async () => {
    const { page, faults } = await open();
    await page.getByLabel("Choose a CSV").setInputFiles({
      name: "penguins.csv",
      mimeType: "text/csv",
      buffer: await readFile(PENGUINS),
    });
    await page.getByText("344 rows predicted").waitFor();
    const saving = page.waitForEvent("download");
    await page.getByRole("link", { name: /penguins-predicted\.csv/ }).click();
    const saved = await readFile(await (await saving).path(), "utf8");
    const [names = "", ...rows] = saved.trimEnd().split(/\r?\n/);
    expect(names).toContain(",prediction,probability,probability_Adelie");
    expect(rows).toHaveLength(344);
    const right = rows.filter((row) => row.split(",")[0] === row.split(",")[7]);
    expect(right.length / rows.length).toBeGreaterThan(0.95);
    expect(faults).toEqual([]);
  });

  it("says at which line a row is wrong, however far down", async () => {
    const { page } = await open();
    const [names = "", first = ""] = (await readFile(PENGUINS, "utf8")).split(/\r?\n/);
    const wrong = first.replace(/\d+(\.\d+)?/, "tall");
    await page.getByLabel("Choose a CSV").setInputFiles({
      name: "long.csv",
      mimeType: "text/csv",
      buffer: Buffer.from([names, ...Array<string>(20_000).fill(first), wrong, first].join("\n")),
    });
    await page.getByText(/line 20002, column \w+: must be a finite number/).waitFor();
  });

  it("is dropped, and of one that does not fit it is said which column is not the model's", async () => {
    const { page } = await open();
    await page.getByText("Drop a CSV").waitFor();
    const transfer = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(["island,beak\nDream,39\n"], "short.csv", { type: "text/csv" }));
      return data;
    });
    await page.locator(".drop-zone").dispatchEvent("drop", { dataTransfer: transfer });
    await page.getByText(/is not a column of this model/).waitFor();
  });
});
