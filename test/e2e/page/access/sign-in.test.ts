/** A server that wants keys, and the page before it: nothing is asked for without one, and it goes on where it was. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../../../src/client/client.ts";
import { ENDLESS, MOONS, openOwnStage, type Stage } from "../stage.ts";

const KEY = `ty_${"k".repeat(40)}`;

/** Longer than the page waits before it connects again. */
const SLOW_ANSWER_MS = 1500;

let stage: Stage;
beforeAll(async () => {
  stage = await openOwnStage({ TRAINYARD_ADMIN_KEY: KEY });
});
afterAll(() => stage.close());

describe("a page whose server wants a key", () => {
  it("waits for one, says when it is not good, and then shows what was asked for, live", async () => {
    const client = createClient(stage.url, { key: KEY });
    const { id } = await client.submit(MOONS);
    await client.wait(id);
    const { page, faults } = await stage.open(`/jobs/${id}`);
    const gate = page.getByRole("dialog", { name: "Sign in with an API key" });
    await gate.waitFor();
    expect(faults).toEqual([]);
    await page.keyboard.press("Escape");
    await gate.getByLabel("API key").fill("ty_not-a-key");
    await page.keyboard.press("Enter");
    await gate.getByRole("alert").waitFor();
    await gate.getByLabel("API key").fill(KEY);
    await page.keyboard.press("Enter");
    await page.locator(".drawn").waitFor();
    // The cookie serves the WebSocket, too.
    await page.getByRole("link", { name: "Jobs", exact: true }).first().click();
    const endless = await client.submit(ENDLESS);
    await page.locator(`[data-id="${endless.id}"]`).getByText("Running").waitFor();
    await client.cancel(endless.id);
    expect(await page.evaluate(() => `${document.cookie}${JSON.stringify(localStorage)}`)).not.toContain(KEY);

    await page.reload();
    await page.locator(`[data-id="${id}"]`).waitFor();
    // The server closes the connection at once, and takes a while to say that the session is over: meanwhile nothing may be asked for.
    await page.route("**/v1/session", async (route) => {
      if (route.request().method() === "GET") await new Promise((resolve) => setTimeout(resolve, SLOW_ANSWER_MS));
      await route.continue();
    });
    const sockets: string[] = [];
    page.on("websocket", (socket) => sockets.push(socket.url()));
    await page.getByRole("button", { name: /Sign out/ }).click();
    await gate.waitFor();
    // A question may still be held back: without waiting, its handler would continue a request that the browser has let go.
    await page.unrouteAll({ behavior: "wait" });
    expect(sockets).toEqual([]);
    await page.locator(".connection[data-status=stopped]").waitFor();
    await page.reload();
    await gate.waitFor();
    expect(faults.filter((fault) => !fault.includes("/v1/session"))).toEqual([]);
  });
});
