/** The way in, in a real browser: from an empty list of jobs over a dropped table to a model that answers, on one page. */
import { writeXlsx } from "hucre/xlsx";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PHONE } from "../../browser.ts";
import { faultsOfView } from "../audit.ts";
import { dropFile, openStage, type Stage } from "../stage.ts";

/** A number, a name of each row, a stray cell, the target, then an id and a constant that can be none. */
const ROWS = Array.from({ length: 60 }, (_, row) => {
  const size = (row * 37) % 60;
  return `"${size},5";p${row};${row === 7 ? "oops" : row % 5};${size > 30 ? "yes" : "no"};${1000 + row};1`;
});
const SHOP = `size;name;visits;bought;ticket_id;version\n${ROWS.join("\n")}\n`;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

describe("an empty list of jobs", () => {
  it("takes a table, says how it was read, and has it mended in place", async () => {
    const { page, faults } = await stage.open("/jobs");
    await page.getByText("No jobs yet").waitFor();
    expect(await page.locator(".sample").count()).toBe(6);
    expect(await faultsOfView(page)).toEqual([]);
    await dropFile(page, "shop.csv", SHOP);
    await page.waitForURL(/\/start\?dataset=ds_/);
    const before = page.url();
    const line = page.locator(".verdict-line");
    await expect.poll(() => line.innerText()).toBe("Ready to train");
    expect(await page.getByLabel("Target", { exact: true }).inputValue()).toBe("bought");
    expect(await page.getByText("Chosen because ticket_id numbers the rows, version has one value").count()).toBe(1);
    expect(await page.locator(".column-note").innerText()).toMatch(/values of visits is not a whole number/);
    expect(await page.getByLabel("Target", { exact: true }).locator("option").allInnerTexts()).not.toContain(
      "version (integer)",
    );
    expect(await faultsOfView(page)).toEqual([]);

    // Another reading is another data set, with the same target.
    await page.getByLabel("Type of visits").selectOption("category");
    await expect.poll(() => page.url()).not.toBe(before);
    await expect.poll(() => page.locator(".column-note").count()).toBe(0);
    expect(await page.getByLabel("Type of visits").inputValue()).toBe("category");
    await page.getByLabel("Missing words").fill("oops");
    await page.getByRole("button", { name: "Read again" }).click();
    const missing = page
      .getByRole("row", { name: /visits/ })
      .locator("td")
      .last();
    await expect.poll(() => missing.innerText()).toBe("1");
    // A reading that was mended leaves nothing behind.
    const tables = async () => (await stage.client.datasets()).data.map(({ id }) => id);
    await expect.poll(tables).toEqual([new URL(page.url()).searchParams.get("dataset")]);

    // What is left out is in the request, which is one click away; ids and constants are left out without a word.
    await expect.poll(() => page.getByLabel("Learn from ticket_id").isChecked()).toBe(false);
    expect(await page.getByLabel("Learn from size").isChecked()).toBe(true);
    await page.getByLabel("Learn from visits").uncheck();
    await page.getByText("The request behind it").click();
    const request = page.locator(".request-code");
    await expect.poll(() => request.innerText()).toMatch(/"features": \["size"(, "name")?\]/);
    expect(faults).toEqual([]);
  });

  it("takes a workbook, and has another sheet of it read", async () => {
    const orders = [
      ["Orders of 2025", null, null],
      ["no", "total", "returned"],
      ...Array.from({ length: 40 }, (_, row) => [row + 1, (row * 7) % 11, row % 3 === 0]),
    ];
    const shops = [["shop", "size", "open"], ...Array.from({ length: 40 }, (_, row) => [`s${row % 4}`, row, row % 2 === 0])];
    const { page, faults } = await stage.open("/jobs");
    const sheets = [
      { name: "Orders", rows: orders },
      { name: "Shops", rows: shops },
    ];
    await dropFile(page, "report.xlsx", await writeXlsx({ sheets }));
    await page.waitForURL(/\/start\?dataset=ds_/);
    await page.getByText('the sheet "Orders" was read, and not "Shops"').waitFor();
    await page.getByText("line 1 is above the column names in line 2 and was left out as a title").waitFor();
    expect(await page.getByLabel("Target", { exact: true }).inputValue()).toBe("returned");
    // While it is read again, nothing else can be mended: each reading takes the place of the one before.
    await page.getByLabel("Type of total").selectOption("category");
    await page.getByLabel("Sheet", { exact: true }).selectOption("Shops");
    await expect.poll(() => page.getByLabel("Target", { exact: true }).inputValue()).toBe("open");
    expect(await page.getByLabel("Sheet", { exact: true }).inputValue()).toBe("Shops");
    expect(await faultsOfView(page)).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("goes from a sample to a model that answers, with one more click", { timeout: 240_000 }, async () => {
    const { page, faults } = await stage.open("/jobs", { ...PHONE, colorScheme: "dark" });
    await page.getByRole("button", { name: /^Iris/ }).click();
    await page.waitForURL(/\/start\?dataset=ds_.*target=species/);
    await expect.poll(() => page.locator(".verdict-line").innerText()).toBe("Ready to train");
    await page.getByRole("button", { name: "Train", exact: true }).click();
    // Its leaderboard fills while it trains; then the score, and the form with an answer.
    const candidates = page.getByRole("table", { name: "Candidates, the best first" }).locator("tbody tr");
    await candidates.first().waitFor({ timeout: 60_000 });
    await page
      .getByText(/on 150 rows/)
      .first()
      .waitFor({ timeout: 180_000 });
    await page.locator(".predict-answer [data-chosen=true]").waitFor();
    expect(await faultsOfView(page)).toEqual([]);
    // The address has all of it.
    await page.reload();
    await page.locator(".predict-answer [data-chosen=true]").waitFor();
    expect(await page.getByText("To read it another way, drop the file again.").count()).toBe(1);
    expect(faults).toEqual([]);
  });
});
