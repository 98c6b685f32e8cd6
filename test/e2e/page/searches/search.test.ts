/** A search for a model in a real browser: from a dropped table to a prediction, with nothing chosen but what is there. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PHONE } from "../../browser.ts";
import { faultsOfView } from "../audit.ts";
import { dropFile, openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const candidates = (page: Page) => page.getByRole("table", { name: "Candidates, the best first" }).locator("tbody tr");

describe("a table", () => {
  it("is dropped, trained on with one click, fills a leaderboard, and predicts", { timeout: 240_000 }, async () => {
    const { page, faults } = await stage.open("/new");
    await page.getByText("A data set", { exact: true }).click();
    await dropFile(page, "iris.csv", await readFile(new URL("../../../../datasets/iris.csv", import.meta.url), "utf8"));
    await expect.poll(() => page.getByLabel("Target", { exact: true }).inputValue()).toBe("species");
    expect(await page.getByRole("radio", { name: "Find the best model" }).isChecked()).toBe(true);
    await expect.poll(() => page.locator(".verdict-line").innerText()).toBe("Ready to train");
    expect(await page.locator(".request-code").innerText()).not.toContain("layers");
    expect(await faultsOfView(page)).toEqual([]);
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await page.waitForURL(/\/jobs\/job_/);
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";

    // It fills while the job trains.
    await candidates(page).first().waitFor({ timeout: 60_000 });
    await page.getByText(/^Average so far: log loss/).waitFor();
    const early = await candidates(page).count();
    expect(await faultsOfView(page)).toEqual([]);
    const { model, epochs_done } = await stage.client.wait(id);
    await page.getByText(/^Served: an average of \d+ of \d+ candidates/).waitFor();
    expect(early).toBeLessThan(epochs_done);
    expect(await candidates(page).count()).toBe(epochs_done);
    await page.getByText(/on 150 rows, each predicted out of fold \(always setosa: .*, a straight line: /).waitFor();
    expect(await page.getByText(/Each network of a candidate is trained without/).count()).toBe(1);

    await page.getByRole("link", { name: "Predict with it" }).click();
    await page.waitForURL(new RegExp(`/models/${model?.id}\\?tab=predict`));
    await page.locator(".predict-answer [data-chosen=true]").waitFor();
    expect(faults).toEqual([]);
  });

  it.each([
    ["a light screen", { viewport: { width: 1280, height: 800 }, colorScheme: "light" }],
    ["a dark phone", { ...PHONE, colorScheme: "dark" }],
  ] as const)("has views of its search and model without a fault on %s", { timeout: 240_000 }, async (_, options) => {
    const [job] = (await stage.client.jobs({ limit: 1 })).data;
    const { page, faults } = await stage.open("/jobs", options);
    await page
      .getByText(/search of \d+/)
      .first()
      .waitFor();
    const views = [
      [`/jobs/${job?.id}`, "text=/^Served: an average/"],
      [`/jobs/${job?.id}?tab=curves`, "text=Loss out of fold, by candidate"],
      [`/models/${job?.model?.id}`, "text=/the weighted average of \\d+ networks/"],
    ] as const;
    for (const [path, sign] of views) {
      await page.goto(stage.url + path);
      await page.locator(sign).first().waitFor();
      expect([path, await faultsOfView(page)]).toEqual([path, []]);
    }
    // The networks of an average are rows of a table, however many there are.
    expect(await page.locator(".network").count()).toBe(0);
    expect(await page.locator(".histogram").count()).toBe(0);
    expect(faults).toEqual([]);
  });
});

describe("the form", () => {
  it("goes from a search to one network and back, and says it as JSON", async () => {
    const { page } = await stage.open("/new");
    await page.getByText("A data set", { exact: true }).click();
    const request = page.locator(".request-code");
    await page.getByLabel("Candidates", { exact: true }).fill("3");
    await page.getByLabel("Folds", { exact: true }).fill("2");
    await expect.poll(() => request.innerText()).toContain('"model": { "auto": { "trials": 3, "folds": 2 } }');
    await page.getByText("One network", { exact: true }).click();
    await page.getByLabel("Learning rate", { exact: true }).waitFor();
    expect(await page.locator(".layer-name").allInnerTexts()).toEqual(["Linear", "ReLU", "Linear", "ReLU", "Linear"]);
    await page.getByText("Find the best model", { exact: true }).click();
    await expect.poll(() => request.innerText()).not.toContain('"model"');
    expect(await page.getByLabel("Learning rate", { exact: true }).count()).toBe(0);
  });

  it("clones a search as a search", async () => {
    const [job] = (await stage.client.jobs({ limit: 1 })).data;
    const { page } = await stage.open(`/new?from=${job?.id}`);
    await expect.poll(() => page.locator(".verdict-line").innerText()).toBe("Ready to train");
    expect(await page.getByRole("radio", { name: "Find the best model" }).isChecked()).toBe(true);
    expect(await page.getByLabel("Candidates", { exact: true }).inputValue()).toBe(String(job?.spec.epochs));
  });
});
