/** The playground in a real browser: it trains in a worker, on generated rows and on two columns of a table. */
import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PHONE } from "../../browser.ts";
import { faultsOfView } from "../audit.ts";
import { openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const drawn = (page: Page) => page.locator(".surface-plot canvas[data-drawn=field]").waitFor();
const epochOf = async (page: Page) => Number((await page.locator(".play-epoch strong").innerText()).replaceAll(/\D/g, ""));
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const pictureOf = (page: Page) =>
  page.locator(".surface-plot canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
const lossOf = (page: Page) => page.getByRole("row", { name: /^Loss/ }).locator("td").allInnerTexts();

describe("the playground", () => {
  it("trains, pauses, steps and starts again, with the boundary on its way", { timeout: 120_000 }, async () => {
    const { page, faults } = await stage.open("/playground?data=xor&layers=6");
    await drawn(page);
    const first = await pictureOf(page);
    await button(page, "Train").click();
    await expect.poll(() => epochOf(page), { timeout: 30_000 }).toBeGreaterThan(4);
    await button(page, "Pause").click();
    expect(await pictureOf(page)).not.toBe(first);
    expect(await page.locator(".chart canvas").count()).toBe(1);
    expect(await faultsOfView(page)).toEqual([]);
    const paused = await epochOf(page);
    await button(page, "Step").click();
    await expect.poll(() => epochOf(page)).toBe(paused + 1);
    // Another learning rate goes on; another network begins again.
    await page.getByLabel("Learning rate").selectOption("0.1");
    await button(page, "Step").click();
    await expect.poll(() => epochOf(page)).toBe(paused + 2);
    await button(page, "Add a layer").click();
    await expect.poll(() => epochOf(page)).toBe(0);
    expect(new URL(page.url()).searchParams.get("layers")).toBe("6-6");
    await page.getByRole("slider", { name: "Layer 2" }).press("ArrowRight");
    await expect.poll(() => new URL(page.url()).searchParams.get("layers")).toBe("6-7");
    // The keys do it too, and the same settings give the same training.
    const losses: string[][] = [];
    for (let round = 0; round < 2; round++) {
      await page.locator("h1").focus();
      await page.keyboard.press("r");
      await expect.poll(() => epochOf(page)).toBe(0);
      await page.keyboard.press("s");
      await expect.poll(() => epochOf(page)).toBe(1);
      losses.push(await lossOf(page));
    }
    expect(losses[1]).toEqual(losses[0]);
    expect(faults).toEqual([]);
  });

  it("trains on two columns of one's own table, and becomes a job with the same loss", async () => {
    const penguins = await readFile("datasets/penguins.csv");
    const { id } = await stage.client.upload(penguins, { name: "penguins", format: "csv" });
    const { page, faults } = await stage.open(`/datasets/${id}`, { ...PHONE, colorScheme: "dark" });
    await page.getByRole("link", { name: "Play with it" }).click();
    await drawn(page);
    await page.getByLabel("Target").selectOption("species");
    await page.getByLabel("Across").selectOption("flipper_length_mm");
    await page.getByText(/^2 rows lack a number and use the column's mean instead/).waitFor();
    const legend = page.getByRole("list", { name: "Legend" });
    await expect.poll(() => legend.innerText()).toMatch(/Adelie\s+Chinstrap\s+Gentoo/);
    await button(page, "Step").click();
    await expect.poll(() => epochOf(page)).toBe(1);
    expect(await faultsOfView(page)).toEqual([]);
    // A regression is drawn in the colours of its values.
    await page.getByLabel("Target").selectOption("body_mass_g");
    await page.getByRole("row", { name: /^R²/ }).waitFor();
    await button(page, "Step").click();
    await expect.poll(() => epochOf(page)).toBe(1);
    const [loss = ""] = await lossOf(page);
    await button(page, "Train it as a job").click();
    await page.waitForURL(/\/jobs\/job_/);
    const job = await stage.client.wait(page.url().split("/").at(-1)?.split("?")[0] as string);
    expect(job.spec).toMatchObject({ task: "regression", epochs: 1, data: { dataset: { id, target: ["body_mass_g"] } } });
    expect(Number(job.metrics?.final.loss)).toBeCloseTo(Number(loss.replaceAll(/[^\d.]/g, "")), 1);
    expect(faults).toEqual([]);
  });

  it("says when a table has no two columns of numbers", async () => {
    const { id } = await stage.client.upload("word,kind\na,x\nb,y\nc,x\nd,y\n", { name: "words", format: "csv" });
    const { page } = await stage.open(`/playground?data=${id}`);
    await page.getByText(/words needs two columns of numbers/).waitFor();
    expect(await faultsOfView(page)).toEqual([]);
  });

  it("lets its worker compile WebAssembly and reach nothing, and its documents neither", async () => {
    const { page } = await stage.open("/playground");
    const worker = await page.waitForResponse(/trainer-worker-\w+\.js$/).catch(() => null);
    await drawn(page);
    const url =
      worker?.url() ??
      (await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name))).find((name) =>
        name.includes("trainer-worker"),
      );
    const policy = async (address: string) => (await fetch(address)).headers.get("content-security-policy") ?? "";
    expect(await policy(url as string)).toBe("default-src 'none'; script-src 'wasm-unsafe-eval'");
    expect(await policy(`${stage.url}/`)).not.toMatch(/eval/);
    const refused = await page.evaluate(() =>
      WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(
        () => "compiled",
        (error: Error) => error.name,
      ),
    );
    expect(refused).toBe("CompileError");
  });
});
