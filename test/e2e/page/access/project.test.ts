/** The page as one project has it: its own jobs alone, live over the cookie of its session, until its key is revoked. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../../../src/client/client.ts";
import { MOONS, openOwnStage, type Stage } from "../stage.ts";

const ADMIN_KEY = `ty_${"page".repeat(10)}`;

let stage: Stage;
beforeAll(async () => {
  stage = await openOwnStage({ TRAINYARD_ADMIN_KEY: ADMIN_KEY });
});
afterAll(() => stage.close());

describe("the page of a project", () => {
  it("shows the jobs of its key alone, and locks when that is signed out or revoked", async () => {
    const operator = createClient(stage.url, { key: ADMIN_KEY });
    const created = await operator.createKey({ name: "page", scopes: ["read", "submit"], project: "yard" });
    const yard = createClient(stage.url, { key: created.key });
    const { id } = await yard.submit(MOONS);
    await yard.wait(id);
    const hidden = await operator.submit({ ...MOONS, name: "elsewhere" });
    await operator.wait(hidden.id);

    const { page } = await stage.open("/jobs");
    const gate = page.getByRole("dialog");
    await gate.getByText("Sign in with an API key").waitFor();
    await gate.locator("input[name=key]").fill(created.key);
    await gate.getByRole("button", { name: "Sign in" }).click();
    await gate.waitFor({ state: "detached" });
    await page.locator(`[data-id="${id}"]`).waitFor();
    expect(await page.locator(`[data-id="${hidden.id}"]`).count()).toBe(0);

    // What is new comes over the WebSocket, which the cookie opened; no script can read that.
    const fresh = await yard.submit({ ...MOONS, name: "fresh" });
    await page.locator(`[data-id="${fresh.id}"]`).waitFor();
    expect(await page.evaluate(() => document.cookie)).toBe("");
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ name: "trainyard_session", httpOnly: true, sameSite: "Strict" });
    expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain(created.key);

    await page.getByTitle("Sign out of yard").click();
    await gate.waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await gate.locator("input[name=key]").fill(created.key);
    await gate.getByRole("button", { name: "Sign in" }).click();
    await page.locator(`[data-id="${fresh.id}"]`).waitFor();
    await operator.revokeKey(created.id);
    await gate.waitFor();
  });
});
