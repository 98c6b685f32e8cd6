/** The page while its server dies and comes back: nothing is loaded anew, and nothing is missing. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ENDLESS, epochsDrawn, type OwnStage, openOwnStage, submitted } from "../stage.ts";

let stage: OwnStage;
beforeAll(async () => {
  stage = await openOwnStage();
});
afterAll(() => stage.close());

describe("a page whose server is killed and started again", () => {
  it("says so, and goes on by itself: the table, the curves, the comparison", async () => {
    const { id } = await submitted(stage.client, ENDLESS, "running");
    const paths = ["/jobs", `/jobs/${id}`, `/compare?jobs=${id}`];
    const opened = [];
    for (const path of paths) opened.push((await stage.open(path)).page);
    const [table, curves, comparison] = opened as [Page, Page, Page];
    const row = table.locator(`[data-id="${id}"]`);
    await row.getByText("Running").waitFor();
    await curves.locator(".drawn").waitFor();
    await comparison.locator(".drawn").waitFor();
    for (const page of opened) await page.evaluate(() => Object.assign(globalThis, { loadedOnce: true }));

    await stage.kill();
    for (const page of opened) await page.getByText("The server does not answer.").waitFor();
    const drawn = await epochsDrawn(curves);
    const shown = await row.locator(".c-epochs").innerText();

    await stage.restart();
    for (const page of opened) await page.getByText("The server does not answer.").waitFor({ state: "detached" });
    await row.getByText("Running").waitFor();
    await expect.poll(() => row.locator(".c-epochs").innerText()).not.toBe(shown);
    await expect.poll(async () => (await epochsDrawn(curves)).total).toBeGreaterThan(drawn.total);
    await expect.poll(async () => (await epochsDrawn(comparison)).total).toBeGreaterThan(drawn.total);
    const fresh = await stage.client.submit({ ...ENDLESS, name: "after-the-restart" });
    await table.locator(`[data-id="${fresh.id}"]`).waitFor();
    for (const page of opened) expect(await page.evaluate(() => "loadedOnce" in globalThis)).toBe(true);
    for (const each of [id, fresh.id]) await stage.client.cancel(each);
    await row.getByText("Cancelled").waitFor();
  });
});
