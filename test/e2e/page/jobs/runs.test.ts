/** Runs that MLflow's clients have logged, on the page beside the server's own. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { MOONS, openStage, type Stage } from "../stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

async function log<T>(path: string, body: object): Promise<T> {
  const init = { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } };
  const response = await fetch(`${stage.url}/api/2.0/mlflow/${path}`, init);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
}

it("shows logged runs, and their curves beside those of a job", async () => {
  const { page, faults } = await stage.open("/compare");
  await page.getByRole("link", { name: "Logged runs" }).click();
  await page.getByText("No runs logged yet").waitFor();

  const { run } = await log<{ run: { info: { run_id: string } } }>("runs/create", { run_name: "oak", start_time: Date.now() });
  const { run_id } = run.info;
  const metrics = [0.9, 0.6, 0.5].map((value, step) => ({ key: "loss", value, step, timestamp: Date.now() }));
  await log("runs/log-batch", { run_id, metrics, params: [{ key: "depth", value: "7" }] });
  const { id } = await stage.client.submit({ ...MOONS, epochs: 20 });
  await stage.client.wait(id);

  await page.getByRole("button", { name: "Refresh" }).click();
  const row = page.getByRole("row", { name: /oak/ });
  expect(await row.innerText()).toMatch(/loss 0\.5.*depth 7/s);
  await page.getByText("With this server's").click();
  await page.getByRole("link", { name: "moons" }).waitFor();
  await page.getByRole("checkbox", { name: "Show the curves of oak" }).check();
  await page.getByRole("checkbox", { name: "Show the curves of moons" }).check();
  await page.getByRole("img", { name: /^loss by step of/ }).waitFor();
  expect(await page.getByRole("list", { name: "Runs with loss", exact: true }).innerText()).toMatch(
    /moons[\s\S]*oak|oak[\s\S]*moons/,
  );
  if (process.env.SHOTS) {
    await page.screenshot({ path: "/tmp/runs-desktop.png", fullPage: true });
    await page.setViewportSize({ width: 390, height: 844 });
    await page.screenshot({ path: "/tmp/runs-phone.png", fullPage: true });
  }
  expect(faults).toEqual([]);
  await page.close();
});
