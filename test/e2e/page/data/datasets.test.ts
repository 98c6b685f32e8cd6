/** Data sets in a real browser: uploaded, looked at, deleted. */
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStage, type Stage } from "../stage.ts";

const tableOf = (name: string) => new URL(`../../../../datasets/${name}.csv`, import.meta.url);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
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
