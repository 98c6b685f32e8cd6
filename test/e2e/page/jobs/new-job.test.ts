/** A new job, written in a real browser: from a preset, from a table, as JSON, and from another job. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MOONS, openStage, type Stage, submitted } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

/** What the browser says of a spec that the server refuses is no fault of the page. */
const unexpected = (faults: readonly string[]) => faults.filter((fault) => !/status of (422|400)/.test(fault));
const verdict = (page: Page) => page.locator(".verdict-line");
const ready = (page: Page) => expect.poll(() => verdict(page).innerText()).toBe("Ready to train");

/** Presses Train, and gives the job that is shown then. */
async function train(page: Page) {
  await ready(page);
  await page.getByRole("button", { name: "Train", exact: true }).click();
  await page.waitForURL(/\/jobs\/job_/);
  return stage.client.wait(new URL(page.url()).pathname.split("/").at(-1) ?? "");
}

describe("a preset", () => {
  it.each([
    ["Linear regression", "regression"],
    ["Logistic regression", "binary_classification"],
    ["A small network", "binary_classification"],
    ["Spirals", "multiclass_classification"],
  ])("of the shelf trains as it is: %s", async (title, task) => {
    const { page, faults } = await stage.open("/new");
    await page.getByRole("button", { name: title, exact: true }).click();
    const job = await train(page);
    expect(job).toMatchObject({ state: "succeeded", spec: { task } });
    expect((await page.locator("main h1").innerText()).trim()).toBe(job.name);
    expect(unexpected(faults)).toEqual([]);
  });

  it("of a table uploads it, shows its columns, and trains on it", async () => {
    const { page, faults } = await stage.open("/new");
    await page.getByRole("button", { name: "Penguins", exact: true }).click();
    await page.getByRole("img", { name: /Histogram of beak_length_mm/ }).waitFor();
    await page.getByText("MALE, FEMALE, 11 missing").waitFor();
    // One column left out: the server is told of those that stay.
    await page.getByRole("checkbox", { name: /island/ }).uncheck();
    // A search as short as it can be: how long one takes is not what this is about.
    await page.getByLabel("Candidates", { exact: true }).fill("2");
    await page.getByLabel("Folds", { exact: true }).fill("2");
    await ready(page);
    const job = await train(page);
    expect(job.state).toBe("succeeded");
    expect((job.spec.data as { dataset: { features: string[] } }).dataset.features).not.toContain("island");
    expect(Number(job.metrics?.best.val_loss)).toBeLessThan(0.3);
    expect((await stage.client.datasets()).data.map(({ name }) => name)).toEqual(["penguins"]);
    expect(unexpected(faults)).toEqual([]);
  });
});

describe("the form", () => {
  it("says at the field what is wrong, as the server says it, and again when it is right", async () => {
    const { page, faults } = await stage.open("/new");
    await ready(page);
    const rate = page.getByLabel("Learning rate", { exact: true });
    await rate.fill("-1");
    await expect.poll(() => verdict(page).innerText()).toBe("The spec has errors");
    expect(await rate.getAttribute("aria-invalid")).toBe("true");
    expect(await page.locator(".verdict-faults").innerText()).toContain("/optimizer/lr");
    expect(await page.getByRole("button", { name: "Train", exact: true }).isDisabled()).toBe(true);
    await rate.fill("0.05");
    await ready(page);
    expect(await rate.getAttribute("aria-invalid")).toBeNull();
    await page.getByLabel("Units").first().fill("0");
    await page.locator(".layer-row").first().getByRole("alert").waitFor();
    expect(unexpected(faults)).toEqual([]);
  });

  it("builds a network by keys alone, and draws it", async () => {
    const { page, faults } = await stage.open("/new");
    await ready(page);
    const layers = () => page.locator(".layer-name").allInnerTexts();
    expect(await layers()).toEqual(["Linear", "ReLU", "Linear", "Sigmoid"]);
    await page.getByLabel("Kind of layer").focus();
    await page.keyboard.type("Tanh");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    expect(await layers()).toEqual(["Linear", "ReLU", "Tanh", "Linear", "Sigmoid"]);
    await page.getByRole("button", { name: "Move layer 2, Tanh up" }).press("Enter");
    await page.getByRole("button", { name: "Remove layer 2, ReLU" }).press("Enter");
    expect(await layers()).toEqual(["Linear", "Tanh", "Linear", "Sigmoid"]);
    await ready(page);
    await page.getByRole("img", { name: /input to 2, then linear 4 and tanh to 4, then linear 1 and sigmoid/ }).waitFor();
    const spec = await page.locator(".request-code").innerText();
    expect(spec).toContain('{ "type": "tanh" }');
    expect(unexpected(faults)).toEqual([]);
  });

  it("shows the request that it sends: the one for a shell gives the same job", async () => {
    const { page } = await stage.open("/new");
    await ready(page);
    const curl = await page.locator(".request-code").innerText();
    const body = /-d '([\s\S]*)'$/.exec(curl.trim())?.[1]?.replaceAll(`'\\''`, "'") ?? "";
    const response = await fetch(`${stage.url}/v1/jobs?validate_only=true`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    expect(response.status).toBe(200);
    await page.getByText("TypeScript", { exact: true }).click();
    await expect.poll(() => page.locator(".request-code").innerText()).toContain('import { createClient } from "trainyard"');
  });
});

describe("JSON", () => {
  it("is checked as it is pasted, each fault with its line, which it leads to", async () => {
    const { page, faults } = await stage.open("/new");
    await page.getByText("JSON", { exact: true }).click();
    const area = page.getByLabel("Job spec as JSON");
    await area.fill("{ not yet");
    await page.getByText(/This is not valid JSON/).waitFor();
    const spec = { ...MOONS, epochs: 0, model: { layers: [{ type: "linear" }, { type: "lineer" }] } };
    await area.fill(JSON.stringify(spec, null, 2));
    const fault = page.getByRole("button", { name: /\/model\/layers\/1\/type/ });
    await fault.click();
    const selected = () => area.evaluate((own: HTMLTextAreaElement) => own.value.slice(own.selectionStart, own.selectionEnd));
    expect(await selected()).toBe('"lineer"');
    await area.fill(JSON.stringify({ ...MOONS, name: "pasted" }));
    await ready(page);
    // The form has what the text says.
    await page.getByText("Form", { exact: true }).click();
    expect(await page.getByLabel("Name", { exact: true }).inputValue()).toBe("pasted");
    const job = await train(page);
    expect(job).toMatchObject({ name: "pasted", state: "succeeded" });
    expect(unexpected(faults)).toEqual([]);
  });
});

describe("another job", () => {
  it("is cloned with its whole spec, and trains to the same bits", async () => {
    const first = await submitted(stage.client, { ...MOONS, name: "first" }, "succeeded");
    const { page } = await stage.open(`/new?from=${first.id}`);
    await expect.poll(() => page.getByLabel("Name", { exact: true }).inputValue()).toBe("first");
    const again = await train(page);
    expect(again.spec).toEqual(first.spec);
    expect(again.model?.sha256).toBe(first.model?.sha256);
  });

  it("is cloned with the rows that came with its request", async () => {
    const inline = {
      features: [
        [0, 1],
        [1, 0.5],
        [2, -1],
        [3, 4.25],
      ],
      targets: ["no", "no", "yes", "yes"],
    };
    const spec = { name: "rows", data: { inline }, model: { layers: [{ type: "linear" as const }] }, epochs: 5 };
    const first = await submitted(stage.client, spec, "succeeded");
    const { page } = await stage.open(`/new?from=${first.id}`);
    await page.getByText("4 rows are in the request").waitFor();
    const again = await train(page);
    expect(again.model?.sha256).toBe(first.model?.sha256);
  });
});
