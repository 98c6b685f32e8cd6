/** Sweeps in a real browser: from a range in the form to the best trial's job, with plots that filter and a table that sorts. */
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SweepSpec } from "../../../../src/client/index.ts";
import { PHONE } from "../../browser.ts";
import { faultsOfView } from "../audit.ts";
import { openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

/** A phone of 390 px. */
const NARROW = { ...PHONE, viewport: { width: 390, height: 844 } };
/** More than there is on a view to tab through. */
const MAX_TABS = 160;

/** Presses Tab until an element has the focus: only what keys reach can be used by them. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let tabs = 0; tabs < MAX_TABS; tabs++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${target}`);
}

const HOSTILE = `<img src=x onerror=alert(1)> & "long" ${"name ".repeat(20)}`.trim();

const JOB = {
  name: "moons-found",
  data: { generator: { type: "moons", samples: 100, noise: 0.1, seed: 7 } },
  split: { validation: 0.25 },
  model: { layers: [{ type: "linear", units: 4 }, { type: "tanh" }, { type: "linear" }] },
  epochs: 20,
} satisfies SweepSpec["job"];

const SPEC = {
  name: "found",
  job: JOB,
  parameters: {
    "/optimizer/lr": { min: 0.001, max: 0.3, scale: "log" },
    "/model/layers/0/units": { values: [2, 4, 8] },
  },
  method: { type: "random" },
  trials: 60,
} satisfies SweepSpec;

async function swept(spec: SweepSpec): Promise<string> {
  const { id } = await stage.client.submitSweep(spec);
  await stage.client.waitForSweep(id);
  return id;
}

const drawn = (page: Page) =>
  page.waitForFunction(() => {
    const canvases = [...document.querySelectorAll<HTMLElement>("canvas.ink")];
    return canvases.length > 0 && canvases.every(({ dataset }) => dataset.state === "drawn");
  });
const rows = (page: Page) => page.locator(".trial-table tbody tr");
const matches = (page: Page) => page.locator(".trial-filters > span").first().innerText();
const cells = (page: Page, column: number) => page.locator(`.trial-table tbody td:nth-child(${column})`).allInnerTexts();

describe("a sweep", () => {
  it("goes from a range in the form, live, to its end and its job", { timeout: 180_000 }, async () => {
    const { page, faults } = await stage.open("/new");
    await expect.poll(() => page.locator(".verdict-line").innerText()).toBe("Ready to train");
    const request = page.locator(".request-code");
    expect(await request.innerText()).toContain("/v1/jobs");
    await page.getByRole("button", { name: "Make Learning rate a range" }).click();
    await page.getByRole("button", { name: "Make Units a range" }).first().click();
    await page.getByLabel("How Units varies").selectOption("values");
    await page.getByLabel("Units, values").fill("2, 4");
    await page.getByLabel("Learning rate, to", { exact: true }).fill("0.2");
    await page.getByLabel("Epochs", { exact: true }).fill("2000");
    await page.getByLabel("Trials", { exact: true }).fill("12");
    await page.getByLabel("Method", { exact: true }).selectOption("random");
    expect(await request.innerText()).toContain('"/optimizer/lr": { "min": 0.005, "max": 0.2, "scale": "log" }');
    expect(await request.innerText()).toContain("/v1/sweeps");
    await expect.poll(() => page.locator(".verdict-line").innerText()).toBe("Ready to train");
    expect(await faultsOfView(page)).toEqual([]);
    await page.getByRole("button", { name: "Start a sweep" }).click();
    await page.waitForURL(/\/sweeps\/swp_/);
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";

    // The view follows without being opened again.
    const badge = page.locator(".job-title .badge");
    await expect.poll(() => badge.innerText(), { timeout: 120_000 }).toBe("Succeeded");
    await expect.poll(() => rows(page).count()).toBe(12);
    const { progress, spec, job } = await stage.client.sweep(id);
    expect(spec.parameters["/model/layers/0/units"]).toEqual({ values: [2, 4] });
    expect(await page.locator(".fact").nth(1).innerText()).toContain(`trial ${progress.best?.number}`);
    await drawn(page);
    await page.getByRole("link", { name: "Open the job" }).click();
    await page.waitForURL(`**/jobs/${job}`);
    expect(faults).toEqual([]);
  });

  it("compares alternatives of the layers, which the form keeps by keyboard, at phone width too", {
    timeout: 180_000,
  }, async () => {
    const { page, faults } = await stage.open("/new", PHONE);
    await expect.poll(() => page.locator(".verdict-line").innerText()).toBe("Ready to train");
    const keep = page.getByRole("button", { name: "Keep these layers as an alternative" });
    await keep.focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => keep.isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Remove layer 0, Linear" }).focus();
    await page.keyboard.press("Enter");
    await keep.focus();
    await page.keyboard.press("Enter");
    const name = page.getByLabel("Name of alternative 2");
    await name.focus();
    await name.fill("small");
    await page.keyboard.press("Tab");
    await expect.poll(() => page.locator("[data-alternative=small]").count()).toBe(1);
    await page.getByRole("button", { name: "Show the layers of network 1" }).focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => page.locator(".verdict-line").innerText()).toBe("Ready to train");
    expect(await faultsOfView(page)).toEqual([]);
    await page.getByLabel("Trials", { exact: true }).fill("6");
    await page.getByRole("button", { name: "Start a sweep" }).click();
    await page.waitForURL(/\/sweeps\/swp_/);
    const id = new URL(page.url()).pathname.split("/").at(-1) ?? "";
    await stage.client.waitForSweep(id);
    const { data } = await stage.client.trials(id);
    expect(new Set(data.map(({ parameters }) => parameters["/model/layers"]))).toEqual(new Set(["network 1", "small"]));
    expect(faults).toEqual([]);
  });

  it("filters everything by an axis that is brushed, with a pointer and with keys", { timeout: 120_000 }, async () => {
    const id = await swept(SPEC);
    const { page, faults } = await stage.open(`/sweeps/${id}`);
    await drawn(page);
    const strip = page.locator(".axis-strip").first();
    await strip.scrollIntoViewIfNeeded();
    const box = (await strip.boundingBox())!;
    const x = box.x + box.width / 2;
    await page.mouse.move(x, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(x, box.y + box.height / 2, { steps: 5 });
    await page.mouse.up();
    const { data } = await stage.client.trials(id, { limit: 1000 });
    const rates = data.map(({ parameters }) => Number(parameters["/optimizer/lr"]));
    const [left, all] = (await matches(page)).match(/\d+/g)!.map(Number);
    expect(all).toBe(60);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(60);
    expect(await page.locator(".trial-pages [role=status]").innerText()).toContain(`of ${left} trials`);
    // What is left is what the filter says.
    const shown = (await cells(page, 5)).map(Number);
    const lowest = Math.min(...shown);
    expect(rates.filter((rate) => rate >= lowest - 1e-4).length).toBeGreaterThanOrEqual(shown.length);
    await page.getByRole("button", { name: "Lift the filter on /optimizer/lr" }).click();
    expect(await page.locator(".trial-filters").count()).toBe(0);

    // By keys: of three widths the greatest alone.
    await page.getByRole("slider", { name: "/model/layers/0/units, at least" }).focus();
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    const widest = data.filter(({ parameters }) => parameters["/model/layers/0/units"] === 8).length;
    await expect.poll(() => matches(page)).toBe(`${widest} of 60 match`);
    expect(new Set(await cells(page, 6))).toEqual(new Set(["8"]));
    await page.keyboard.press("Escape");
    expect(await page.locator(".trial-filters").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("sorts its trials by any column, a page at a time", async () => {
    const id = await swept({ ...SPEC, name: "sorted", promote: "none" });
    const { page } = await stage.open(`/sweeps/${id}`);
    const values = async () => (await cells(page, 4)).map(Number);
    await rows(page).first().waitFor();
    expect(await rows(page).count()).toBe(25);
    const first = await values();
    expect(first).toEqual(first.toSorted((a, b) => a - b));
    await page.getByRole("button", { name: "Next" }).click();
    await page.getByRole("button", { name: "Next" }).click();
    expect(await page.locator(".trial-pages [role=status]").innerText()).toBe("51 to 60 of 60 trials");
    await page.getByRole("button", { name: "lr", exact: true }).click();
    await page.getByRole("button", { name: "lr", exact: true }).click();
    const greatest = (await stage.client.trials(id, { limit: 1000 })).data
      .map(({ number, parameters }) => ({ number, rate: Number(parameters["/optimizer/lr"]) }))
      .toSorted((a, b) => b.rate - a.rate);
    expect((await cells(page, 2)).map(Number)).toEqual(greatest.slice(0, 25).map(({ number }) => number));
    // The choice of a trial shows its curve.
    await page.getByRole("checkbox", { name: `Choose trial ${greatest[0]?.number}` }).check();
    await page.getByRole("application", { name: /^validation loss by epoch/ }).waitFor();
  });

  it("makes a job of a trial, and clones it into the form with its parameters", { timeout: 120_000 }, async () => {
    const id = await swept({ ...SPEC, name: "promoted", promote: "none", trials: 5 });
    const trial = await stage.client.trial(id, 3);
    const { page } = await stage.open(`/sweeps/${id}`);
    await page.getByRole("button", { name: "Promote trial 3 to a job" }).click();
    await page.waitForURL(/\/jobs\/job_/);
    const job = await stage.client.wait(new URL(page.url()).pathname.split("/").at(-1) ?? "");
    expect(job.model?.sha256).toBe(trial.sha256);

    await page.goto(`${stage.url}/sweeps/${id}`);
    await page.getByRole("link", { name: "Clone and edit trial 3" }).click();
    await page.waitForURL(/\/new\?sweep=/);
    const rate = page.getByLabel("Learning rate", { exact: true });
    await expect.poll(async () => Number(await rate.inputValue())).toBe(trial.parameters["/optimizer/lr"]);
    await expect.poll(() => page.locator(".verdict-line").innerText()).toBe("Ready to train");
    await page.getByRole("button", { name: "Train", exact: true }).click();
    await page.waitForURL(/\/jobs\/job_/);
    const again = await stage.client.wait(new URL(page.url()).pathname.split("/").at(-1) ?? "");
    expect(again.model?.sha256).toBe(trial.sha256);
  });

  it("is paused, resumed, cancelled and deleted", { timeout: 60_000 }, async () => {
    const endless = { ...SPEC, name: "endless", job: { ...JOB, epochs: 10_000_000 }, trials: 100 };
    const { id } = await stage.client.submitSweep(endless);
    const { page, faults } = await stage.open(`/sweeps/${id}`);
    const badge = page.locator(".job-title .badge");
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    await press("Pause");
    await expect.poll(() => badge.innerText()).toBe("Paused");
    await page.getByText("No trials yet").waitFor();
    await press("Resume");
    await expect.poll(() => badge.innerText()).toMatch(/Queued|Running/);
    await press("Cancel");
    await press("Cancel sweep");
    await expect.poll(() => badge.innerText()).toBe("Cancelled");
    await page.getByText("The sweep ended before its first trial").waitFor();
    expect(await faultsOfView(page)).toEqual([]);
    await press("Delete");
    await press("Delete sweep");
    await page.waitForURL(/\/sweeps$/);
    expect((await stage.client.sweeps()).data.map((sweep) => sweep.id)).not.toContain(id);
    expect(faults).toEqual([]);
  });

  it("shows what cross-validation came to: each fold, their mean and spread", async () => {
    const id = await swept({ name: "five-folds", job: JOB, folds: { count: 5 }, promote: "none" });
    const { fold_values: values, value } = await stage.client.trial(id, 0);
    const { page, faults } = await stage.open(`/sweeps/${id}`);
    const folds = page.getByRole("list", { name: "validation loss of each fold" });
    await folds.waitFor();
    expect(await folds.getByRole("listitem").allInnerTexts()).toEqual(
      values?.map((each, index) => expect.stringMatching(new RegExp(`Fold ${index + 1}\\s+${each.toFixed(4)}`))),
    );
    expect(await page.getByText("standard deviation of 5 folds").count()).toBe(1);
    await page.getByText(`${value?.toFixed(4)} ±`).waitFor();
    expect(faults).toEqual([]);
  });

  it.each([
    ["a wide screen", { viewport: { width: 1440, height: 900 }, colorScheme: "light" }],
    ["a phone", { ...NARROW, colorScheme: "dark" }],
  ] as const)(
    "is read, filtered, sorted, chosen and promoted by keys alone on %s",
    { timeout: 120_000 },
    async (_, options) => {
      const name = `by-keys-${options.colorScheme}`;
      const id = await swept({ ...SPEC, name, promote: "none", trials: 30 });
      const { page, faults } = await stage.open("/sweeps", options);
      const link = page.getByRole("link", { name });
      await link.waitFor();
      await tabTo(page, link);
      await page.keyboard.press("Enter");
      await page.waitForURL(`**/sweeps/${id}`);
      await drawn(page);
      // The page begins at its heading; from there on Tab reaches everything in order.
      await tabTo(page, page.getByRole("combobox", { name: "Parameter" }));
      await tabTo(page, page.getByRole("slider", { name: "/model/layers/0/units, at least" }));
      await page.keyboard.press("ArrowUp");
      await expect.poll(() => matches(page)).toMatch(/^\d+ of 30 match$/);
      await tabTo(page, page.getByRole("button", { name: "Lift the filter on /model/layers/0/units" }));
      await page.keyboard.press("Enter");
      await expect.poll(() => page.locator(".trial-filters").count()).toBe(0);
      await tabTo(page, page.getByRole("button", { name: "Trial", exact: true }));
      await page.keyboard.press("Enter");
      await expect.poll(async () => (await cells(page, 2))[0]).toBe("0");
      await tabTo(page, page.getByRole("checkbox", { name: "Choose trial 0" }));
      await page.keyboard.press("Space");
      await page.locator(".chosen-trial").waitFor();
      expect(await faultsOfView(page)).toEqual([]);
      await tabTo(page, page.getByRole("button", { name: "Promote trial 0 to a job" }));
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/jobs\/job_/);
      expect(faults).toEqual([]);
    },
  );

  describe("whatever its names and parameters", () => {
    let ids: { wild: string; single: string; failed: string };
    beforeAll(async () => {
      const choices = {
        [HOSTILE.slice(0, 90)]: JOB.model.layers,
        deep: [
          { type: "linear", units: 8 },
          { type: "relu" },
          { type: "linear", units: 8 },
          { type: "relu" },
          { type: "linear" },
        ],
      };
      const wild = await swept({
        ...SPEC,
        name: HOSTILE,
        parameters: { ...SPEC.parameters, "/model/layers": { choices }, "/seed": { min: 0, max: 9, integer: true } },
        method: { type: "halving" },
        trials: 12,
        promote: "none",
      });
      const single = await swept({ name: "folds", job: JOB, folds: { count: 3 }, promote: "none" });
      const failed = await swept({
        name: "failed",
        job: {
          data: { generator: { type: "linear" } },
          model: { layers: [{ type: "linear" }] },
          optimizer: { type: "sgd" },
          epochs: 200,
        },
        parameters: { "/optimizer/lr": { min: 3, max: 5 } },
        objective: { metric: "loss" },
        trials: 3,
      });
      ids = { wild, single, failed };
    });

    // What is resized and recoloured is not loaded again.
    it.each([
      [
        "wide screens and a tablet",
        {},
        [
          { viewport: { width: 1440, height: 900 }, colorScheme: "light" },
          { viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
          { viewport: { width: 1024, height: 768 }, colorScheme: "dark" },
        ],
      ],
      [
        "phones",
        NARROW,
        [
          { viewport: NARROW.viewport, colorScheme: "light" },
          { viewport: NARROW.viewport, colorScheme: "dark" },
        ],
      ],
    ] as const)("has no fault on %s", { timeout: 240_000 }, async (_, options, looks) => {
      const { page, faults } = await stage.open("/sweeps", { ...options, ...looks[0] });
      const found: string[] = [];
      const look = async (view: string) => {
        for (const { viewport, colorScheme } of looks) {
          await page.setViewportSize(viewport);
          await page.emulateMedia({ colorScheme });
          // Charts are drawn anew in the next frame.
          await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
          const broken = await faultsOfView(page);
          found.push(...broken.map((fault) => `${view}, ${colorScheme}, ${viewport.width} px: ${fault}`));
        }
      };
      await page.locator(".table tbody tr").first().waitFor();
      await look("list");
      for (const [view, id] of Object.entries(ids)) {
        await page.goto(`${stage.url}/sweeps/${id}`);
        if (view !== "single") await drawn(page);
        await rows(page).first().getByRole("checkbox").check();
        await page.locator(".chosen-trial").waitFor();
        await look(view);
      }
      expect([...found, ...faults]).toEqual([]);
    });
  });
});
