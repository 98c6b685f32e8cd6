/** The table of jobs in a real browser: live, searched, filtered, changed by keys. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { cancelAll } from "../../borrowed-server.ts";
import { faultsOfView } from "../audit.ts";
import { ENDLESS, MOONS, openStage, type Stage, submitted } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
afterEach(() => cancelAll(stage.client));

describe("the table of jobs", () => {
  it("shows a job that comes from elsewhere, and follows it to its end, without asking again", async () => {
    const { page, faults } = await stage.open("/jobs");
    await page.getByText("No jobs yet").waitFor();
    const asked: string[] = [];
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    const { id } = await stage.client.submit({ ...MOONS, name: "from-elsewhere" });
    const row = page.locator(`[data-id="${id}"]`);
    await row.getByText("Succeeded").waitFor();
    await row.getByText("300 of 300").waitFor();
    expect(await row.locator(".c-score").innerText()).toMatch(/\d\d(\.\d)?.%\s+val\. accuracy/);
    expect(await row.locator(".c-pace").innerText()).toMatch(/epochs\/s/);
    await row.locator(".sparkline path").waitFor();
    expect(asked.filter((path) => path === "/v1/jobs")).toEqual([]);
    expect(faults).toEqual([]);
  });

  it("says how fast a job goes and how long it takes, and where others stand in the queue", async () => {
    const running = await submitted(stage.client, { ...ENDLESS, name: "the-first" }, "running");
    const second = await stage.client.submit({ ...ENDLESS, name: "the-second" });
    const third = await stage.client.submit({ ...ENDLESS, name: "the-third" });
    const { page, faults } = await stage.open("/jobs");
    const row = (id: string) => page.locator(`[data-id="${id}"]`);
    await row(second.id).getByText("next in the queue").waitFor();
    await row(third.id).getByText("2 in the queue").waitFor();
    await row(running.id).getByText("left", { exact: true }).waitFor();
    const epochs = () => row(running.id).locator(".c-epochs").innerText();
    const before = await epochs();
    await expect.poll(epochs).not.toBe(before);
    await stage.client.cancel(second.id);
    await row(second.id).getByText("Cancelled").waitFor();
    await row(third.id).getByText("next in the queue").waitFor();
    expect(faults).toEqual([]);
  });

  it("finds jobs by words and states, in an address that can be sent on", async () => {
    await submitted(stage.client, { ...MOONS, name: "needle" }, "succeeded");
    const endless = await submitted(stage.client, { ...ENDLESS, name: "needle-that-runs" }, "running");
    const { page, faults } = await stage.open("/jobs");
    await page.locator(`[data-id="${endless.id}"]`).waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("needle moons");
    const names = page.locator(".c-name a");
    await expect.poll(() => names.allInnerTexts()).toEqual(["needle-that-runs", "needle"]);
    await page.getByText("Running", { exact: true }).first().click();
    await expect.poll(() => names.allInnerTexts()).toEqual(["needle-that-runs"]);
    expect(new URL(page.url()).search).toBe("?q=needle+moons&state=running");
    await stage.client.cancel(endless.id);
    await page.getByText("Nothing found").waitFor();
    expect(faults).toEqual([]);
  });

  it("names the table and its target, sorts by what jobs have come to, and hides columns", async () => {
    const { id } = await stage.client.upload("size,sold\n1,yes\n2,no\n3,yes\n4,no\n5,yes\n6,no\n7,yes\n8,no\n", {
      name: "shop",
      format: "csv",
    });
    const data = { dataset: { id, target: "sold" } };
    const model = { layers: [{ type: "linear" as const }] };
    for (const [name, epochs] of [
      ["sold-a-while", 30],
      ["sold-a-moment", 20],
      ["sold-for-long", 40],
    ] as const)
      await submitted(
        stage.client,
        { name, data, model, epochs, early_stopping: null, split: { validation: 0.5 } },
        "succeeded",
      );
    const { page, faults } = await stage.open("/jobs?q=sold");
    const names = () => page.locator(".c-name a").allInnerTexts();
    await expect.poll(names).toEqual(["sold-for-long", "sold-a-moment", "sold-a-while"]);
    await expect.poll(() => page.locator(".c-spec").first().innerText()).toMatch(/^shop → sold · /);
    expect(await page.locator(".c-loss .c-under").first().innerText()).toBe("validation");
    const head = page.getByRole("columnheader", { name: "Epochs" });
    await head.getByRole("button").click();
    await expect.poll(names).toEqual(["sold-for-long", "sold-a-while", "sold-a-moment"]);
    expect(await head.getAttribute("aria-sort")).toBe("descending");
    await head.getByRole("button").click();
    await expect.poll(names).toEqual(["sold-a-moment", "sold-a-while", "sold-for-long"]);
    expect(new URL(page.url()).searchParams.get("sort")).toBe("progress");
    await head.getByRole("button").click();
    await expect.poll(names).toEqual(["sold-for-long", "sold-a-moment", "sold-a-while"]);
    // In groups of one table or one network, the best validation loss first; keys go on from group to group.
    await submitted(
      stage.client,
      { name: "sold-deeper", data, model: { layers: [{ type: "linear", units: 3 }, ...model.layers] }, epochs: 5 },
      "succeeded",
    );
    await page.getByLabel("Group jobs").selectOption("data");
    const heads = page.locator(".job-group");
    await expect.poll(() => heads.allInnerTexts()).toEqual(["shop 4 jobs"]);
    const losses = async () => (await page.locator(".c-loss .num").allInnerTexts()).map((text) => Number.parseFloat(text));
    expect(await losses()).toEqual((await losses()).toSorted((a, b) => a - b));
    expect(await page.locator(".c-name a").first().innerText()).toMatch(/^1\. sold-/);
    await page.getByLabel("Group jobs").selectOption("model");
    await expect.poll(async () => (await heads.allInnerTexts()).toSorted()).toEqual(["1 · adam 3 jobs", "3-1 · adam 1 job"]);
    await page.locator("h1").focus();
    for (let press = 0; press < 4; press++) await page.keyboard.press("j");
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.textContent))
      .toBe(await page.locator(".c-name a").last().innerText());
    expect(await faultsOfView(page)).toEqual([]);
    await page.getByLabel("Group jobs").selectOption("");
    await expect.poll(() => heads.count()).toBe(0);
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByRole("menuitem", { name: "Hide speed" }).click();
    await expect.poll(() => page.getByRole("columnheader", { name: "Speed" }).count()).toBe(0);
    await page.reload();
    await expect.poll(names).toHaveLength(4);
    expect(await page.locator(".c-pace").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("is worked by keys alone: choosing, cancelling many, opening, going back", async () => {
    const jobs = [];
    for (const name of ["one", "two", "three"]) jobs.push(await stage.client.submit({ ...ENDLESS, name }));
    const { page, faults } = await stage.open("/jobs");
    await page.locator(`[data-id="${jobs[0]?.id}"]`).waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.keyboard.press("J");
    await page.keyboard.press("J");
    await page.getByText("3 selected").waitFor();
    await page.keyboard.press("c");
    await page.getByRole("dialog", { name: "Cancel 3 jobs?" }).waitFor();
    await page.getByRole("button", { name: "Cancel", exact: true }).last().focus();
    await page.keyboard.press("Enter");
    for (const { id } of jobs) expect((await stage.client.wait(id)).state).toBe("cancelled");
    await expect.poll(() => page.locator('.job-rows .badge[data-state="cancelled"]').count()).toBeGreaterThanOrEqual(3);
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "two" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("j");
    await page.getByRole("heading", { level: 1, name: "Jobs" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    expect(faults).toEqual([]);
  });
});
