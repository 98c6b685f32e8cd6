/** Schedules on the page: listed from the data sets, run, paused, deleted, and what came of their runs. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { faultsOfView } from "../audit.ts";
import { openStage, type Stage } from "../stage.ts";

const SECRET = "a-secret-of-the-source";
const TABLE = ["x,y", ...Array.from({ length: 100 }, (_, row) => `${row / 100},${(3 * row) / 100}`), ""].join("\n");
let answersWith = 200;
const elsewhere = createServer(({ method }, response) => {
  if (method === "POST") response.writeHead(204).end();
  else response.writeHead(answersWith, { "content-type": "text/csv" }).end(answersWith === 200 ? TABLE : "");
}).listen(0, "127.0.0.1");

let stage: Stage;
let source: string;
beforeAll(async () => {
  if (!elsewhere.listening) await once(elsewhere, "listening");
  source = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/readings.csv`;
  stage = await openStage();
});
afterAll(async () => {
  await stage.close();
  elsewhere.closeAllConnections();
  elsewhere.close();
});

it("shows schedules and their runs, runs one, pauses it and deletes it", async () => {
  const { page, faults } = await stage.open("/datasets");
  await page.getByRole("link", { name: "Schedules" }).click();
  await page.getByText("No schedules yet").waitFor();

  await stage.client.createSchedule({
    ...{ name: "nightly", cron: "0 3 * * 1-5", timezone: "Europe/Berlin" },
    source: { url: `${source}?token=${SECRET}`, headers: { "x-token": SECRET } },
    job: {
      name: "readings",
      data: { dataset: { target: "y" } },
      model: { layers: [{ type: "linear" }] },
      ...{ optimizer: { type: "adam", lr: 0.1 }, epochs: 20 },
    },
    ...{ promote: { alias: "production" }, keep: 3, webhook: { url: source.replace("readings.csv", "hook") } },
  });
  await page.getByRole("button", { name: "Refresh" }).click();
  const row = page.getByRole("row", { name: /nightly/ });
  expect(await row.innerText()).toMatch(/none yet.*Monday to Friday at 03:00.*Europe\/Berlin/s);
  await row.getByRole("link", { name: "nightly" }).click();

  const runs = page.getByRole("table", { name: "Runs" });
  await page.getByText("No runs yet").waitFor();
  for (const outcome of ["Promoted", "Unchanged", "Failed"]) {
    answersWith = outcome === "Failed" ? 404 : 200;
    await page.getByRole("button", { name: "Run now" }).click();
    await runs.getByText(outcome).waitFor({ timeout: 90_000 });
    await page.getByRole("button", { name: "Run now" }).waitFor();
  }
  const [job] = (await stage.client.jobs()).data;
  expect(await runs.getByRole("link", { name: "job" }).getAttribute("href")).toBe(`/jobs/${job?.id}`);
  expect(await runs.getByRole("link", { name: "readings@1" }).getAttribute("href")).toBe(`/models/${job?.model?.id}`);
  await runs.getByText(/answered 404/).waitFor();
  await page.getByRole("table", { name: "Messages" }).getByText("answered 204").waitFor();
  expect(await page.getByRole("definition").allInnerTexts()).toContainEqual(expect.stringMatching(/^3 tables/));
  expect(await page.content()).not.toContain(SECRET);
  expect(await faultsOfView(page)).toEqual([]);

  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Resume" }).waitFor();
  expect((await stage.client.schedules()).data[0]?.paused).toBe(true);
  if (process.env.SHOTS) await shoot("one");
  await page.getByRole("navigation", { name: "Path" }).getByRole("link", { name: "Schedules" }).click();
  expect(await row.innerText()).toMatch(/Failed.*answered 404.*paused/s);
  expect(await faultsOfView(page)).toEqual([]);
  if (process.env.SHOTS) await shoot("list");

  await row.getByRole("link", { name: "nightly" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("No schedules yet").waitFor();
  expect((await stage.client.schedules()).data).toEqual([]);
  expect(faults).toEqual([]);

  async function shoot(name: string) {
    await page.screenshot({ path: `/tmp/schedules-${name}-1440.png` });
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await faultsOfView(page)).toEqual([]);
    await page.screenshot({ path: `/tmp/schedules-${name}-390.png`, fullPage: true });
    await page.setViewportSize({ width: 1440, height: 900 });
  }
}, 180_000);
