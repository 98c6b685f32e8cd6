/** Data sets in a real browser: uploaded, looked at, deleted; and their views for everybody. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job } from "../../../src/client/answers.ts";
import { PHONE } from "../browser.ts";
import { faultsOfView } from "./audit.ts";
import { openStage, type Stage, submitted } from "./stage.ts";

const tableOf = (name: string) => new URL(`../../../datasets/${name}.csv`, import.meta.url);

let stage: Stage;
let wines: Job;
let dataset: string;
beforeAll(async () => {
  stage = await openStage({ TRAINYARD_WORKERS: "1" });
  dataset = (await stage.client.upload(await readFile(tableOf("wine"), "utf8"), { format: "csv", name: "wine" })).id;
  const spec = {
    name: "wine",
    data: { dataset: { id: dataset, target: "cultivar" } },
    model: { layers: [{ type: "linear" as const, units: 8 }, { type: "relu" as const }, { type: "linear" as const }] },
    task: "multiclass_classification" as const,
    epochs: 40,
  };
  wines = await submitted(stage.client, spec, "succeeded");
});
afterAll(() => stage.close());

describe("a table", () => {
  it("is uploaded from a file, with its columns, their histograms, and its first rows", async () => {
    const { page, faults } = await stage.open("/datasets");
    await page.getByLabel("Choose a file").setInputFiles({
      name: "iris.csv",
      mimeType: "text/csv",
      buffer: await readFile(tableOf("iris")),
    });
    await page.waitForURL(/\/datasets\/ds_/);
    await page.getByRole("heading", { level: 1, name: "iris" }).waitFor();
    await page.getByRole("img", { name: "Histogram of sepal_length, from 4.300 to 7.900" }).waitFor();
    const columns = page.getByRole("table", { name: "Columns" });
    const names = () => columns.locator("tbody .column-name").allInnerTexts();
    expect(await names()).toEqual(["sepal_length", "sepal_width", "petal_length", "petal_width", "species"]);
    await columns.getByRole("button", { name: "SD" }).click();
    expect((await names())[0]).toBe("sepal_width");
    await expect.poll(() => page.locator(".preview tbody tr").count()).toBe(20);
    expect(faults).toEqual([]);
  });

  it("that is none is refused in the server's words, with its place", async () => {
    const { page } = await stage.open("/datasets");
    await page.getByLabel("Choose a file").setInputFiles({
      name: "odd.csv",
      mimeType: "text/csv",
      buffer: Buffer.from("a,b\n1,2\n3,4,5\n"),
    });
    await page.getByText(/line 3/).waitFor();
    expect(new URL(page.url()).pathname).toBe("/datasets");
  });

  it("is dropped, trained on, and deleted when it was asked twice", async () => {
    const { page, faults } = await stage.open("/datasets");
    await page.getByText("Drop a table here").waitFor();
    const transfer = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      const rows = Array.from({ length: 30 }, (_, row) => `${row},${row % 3},${row * 2 + 1}`).join("\n");
      data.items.add(new File([`a,b,y\n${rows}\n`], "dropped.csv", { type: "text/csv" }));
      return data;
    });
    await page.locator(".drop-zone").dispatchEvent("drop", { dataTransfer: transfer });
    await page.waitForURL(/\/datasets\/ds_/);
    await page.getByRole("link", { name: "Train on it" }).click();
    await expect.poll(() => page.getByLabel("Target", { exact: true }).inputValue()).toBe("y");
    await expect.poll(() => page.locator(".verdict-line").innerText()).toBe("Ready to train");
    await page.goBack();
    await page.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.waitForURL(/\/datasets$/);
    expect((await stage.client.datasets()).data.map(({ name }) => name)).not.toContain("dropped");
    expect(faults).toEqual([]);
  });
});

const LOOKS = [
  ["a light screen", { colorScheme: "light" }],
  ["a dark screen", { colorScheme: "dark" }],
  ["a dark phone", { ...PHONE, colorScheme: "dark" }],
] as const;

describe.each(LOOKS)("on %s", (_, options) => {
  it("no view of data, models and new jobs has a serious fault, is too wide, or says anything on the console", {
    timeout: 240_000,
  }, async () => {
    const { page, faults } = await stage.open("/datasets", options);
    const views = [
      ["/datasets", ".table tbody tr"],
      [`/datasets/${dataset}`, ".preview tbody tr"],
      ["/models", ".table tbody tr"],
      [`/models/${wines.model?.id}`, "canvas[data-drawn=field]"],
      [`/models/${wines.model?.id}?tab=predict`, ".predict-answer [data-chosen=true]"],
      [`/models/${wines.model?.id}?tab=versions`, ".table tbody tr"],
      [`/models/${wines.model?.id}?with=${wines.model?.id}`, ".table tbody tr"],
      [`/jobs/${wines.id}?tab=model`, "canvas[data-drawn=field]"],
      ["/new", ".verdict-line[data-phase=valid]"],
      // Not before its button can be pressed: it fades in when the target is chosen.
      [`/new?dataset=${dataset}`, ".verdict-line[data-phase=valid]"],
    ] as const;
    for (const [path, sign] of views) {
      await page.goto(stage.url + path);
      await page.locator(sign).first().waitFor();
      expect([path, await faultsOfView(page)]).toEqual([path, []]);
    }
    expect(faults).toEqual([]);
  });
});
