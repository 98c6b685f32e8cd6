/** Comparing jobs in a real browser. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job } from "../../../../src/client/answers.ts";
import { cancelAll } from "../../borrowed-server.ts";
import { DIVERGING, ENDLESS, MOONS, openStage, pixelsOf, type Stage, submitted } from "../stage.ts";

let stage: Stage;
let adam: Job;
let sgd: Job;
beforeAll(async () => {
  stage = await openStage();
  adam = await submitted(stage.client, { ...MOONS, name: "with-adam" }, "succeeded");
  sgd = await submitted(
    stage.client,
    { ...MOONS, name: "by-sgd", epochs: 200, optimizer: { type: "sgd", lr: 0.3 } },
    "succeeded",
  );
});
afterAll(() => stage.close());

describe("comparing jobs", () => {
  it("begins with a selection in the table of jobs, and stands in the address", async () => {
    const { page, faults } = await stage.open("/jobs");
    await page.locator(`[data-id="${sgd.id}"]`).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("J");
    await page.getByText("2 selected").waitFor();
    await page.keyboard.press("v");
    await page.getByRole("heading", { level: 1, name: "Compare" }).waitFor();
    expect(new URL(page.url()).searchParams.get("jobs")?.split(",").sort()).toEqual([adam.id, sgd.id].sort());
    await page.locator(".chart-title", { hasText: "Loss" }).waitFor();
    expect(faults).toEqual([]);
  });

  it("lays their curves over one another, each in its colour, the shorter one up to its end", async () => {
    const { page, faults } = await stage.open(`/compare?jobs=${adam.id},${sgd.id}`);
    await page.getByText("Epochs 1 to 300").waitFor();
    for (const color of ["--chart-1", "--chart-2"])
      await expect.poll(() => pixelsOf(page, "Loss", color), { message: color }).toBeGreaterThan(50);
    const legend = page.locator("figure", { hasText: "Accuracy" }).locator(".legend");
    expect(await legend.innerText()).toMatch(/with-adam\s+\d.*by-sgd\s+\d/s);
    await page.getByRole("application", { name: /^Loss by epoch/ }).focus();
    await page.keyboard.press("ArrowLeft");
    await page.locator("figure", { hasText: "Accuracy" }).locator(".legend", { hasText: "–" }).waitFor();
    await page.getByText("Validation", { exact: true }).click();
    await expect.poll(() => page.locator("figure", { hasText: "Loss" }).first().locator(".legend li").count()).toBe(3);
    expect(faults).toEqual([]);
  });

  it("says whether the best score is more than chance, with its interval beside each", async () => {
    const { page, faults } = await stage.open(`/compare?jobs=${adam.id},${sgd.id}`);
    await page.getByText(/(is better than|cannot tell).* on the same 50 rows, which neither was trained on/).waitFor();
    const score = page.getByRole("table", { name: "Results of the jobs" }).getByText(/% \([\d.]+ to [\d.]+\)/);
    expect(await score.count()).toBe(2);
    expect(faults).toEqual([]);
  });

  it("sorts what they have come to, and shows where their specs differ", async () => {
    const { page, faults } = await stage.open(`/compare?jobs=${adam.id},${sgd.id}`);
    const results = page.getByRole("table", { name: "Results of the jobs" });
    const order = () => results.locator("tbody tr td:first-child").allInnerTexts();
    await results.getByRole("button", { name: "Epochs", exact: true }).click();
    expect(await order()).toEqual(["by-sgd", "with-adam"]);
    await results.getByRole("button", { name: "Epochs", exact: true }).click();
    expect(await order()).toEqual(["with-adam", "by-sgd"]);
    const specs = page.getByRole("table", { name: "Where the specs of the jobs differ" });
    const places = () => specs.locator("tbody tr td:first-child").allInnerTexts();
    expect(await places()).toEqual(expect.arrayContaining(["/name", "/optimizer/type", "/optimizer/lr", "/epochs"]));
    expect(await places()).not.toContain("/batch_size");
    await page.getByLabel(/Show equal values/).check();
    await expect.poll(places).toContain("/batch_size");
    expect(faults).toEqual([]);
  });

  it("takes jobs in and out, and follows one that trains", async () => {
    const { page, faults } = await stage.open("/compare");
    const endless = await stage.client.submit({ ...ENDLESS, name: "that-runs" });
    await page.getByRole("checkbox", { name: /with-adam/ }).check();
    await page.getByRole("heading", { name: "Choose a second job" }).waitFor();
    await page.getByRole("checkbox", { name: /by-sgd/ }).click();
    await page.getByRole("button", { name: "Choose jobs" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("checkbox", { name: /that-runs/ }).check();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Remove by-sgd" }).click();
    const epochs = () => page.locator(".drawn").getAttribute("data-total").then(Number);
    await expect.poll(epochs).toBeGreaterThan(300);
    const before = await epochs();
    await expect.poll(epochs).toBeGreaterThan(before);
    await page.getByRole("button", { name: "Remove that-runs" }).click();
    await expect.poll(epochs).toBe(300);
    expect(new URL(page.url()).searchParams.get("jobs")).toBe(adam.id);
    await cancelAll(stage.client);
    expect((await stage.client.job(endless.id)).state).toBe("cancelled");
    expect(faults).toEqual([]);
  });

  it("says which job is not there, and shows the others", async () => {
    const failed = await submitted(stage.client, DIVERGING, "failed");
    const { page } = await stage.open(`/compare?jobs=job_00000000-0000-7000-8000-000000000000,${failed.id}`);
    await page
      .getByText(/job_00000000-0000-7000-8000-000000000000/)
      .first()
      .waitFor();
    await page.locator(".chart-title", { hasText: "Loss" }).waitFor();
  });
});
