/**
 * `npm run bench:chart`: the curves of a job of 1,000,000 epochs in a real browser. Time from the visit to the drawn curves, frame
 * times while a job of more epochs than that goes on at full speed, and how long a closer look takes.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Page, Request } from "playwright-core";
import type { JobSpec } from "../../../src/client/answers.ts";
import type { Client } from "../../../src/client/client.ts";
import { openBrowser, type TestBrowser } from "../../e2e/browser.ts";
import { createDataDir, startLiveServer } from "../../e2e/live-server.ts";

const EPOCHS = 1_000_000;
const REPEATS = 5;
const WATCH_MS = 10_000;

/** Seven columns: both losses, both accuracies, learning rate, gradient norm, time. */
const MOONS: JobSpec = {
  name: "a-million",
  task: "binary_classification",
  data: { generator: { type: "moons", samples: 100, noise: 0.2, seed: 1 } },
  split: { validation: 0.2 },
  model: { layers: [{ type: "linear", units: 4 }, { type: "tanh" }, { type: "linear" }, { type: "sigmoid" }] },
  loss: { type: "bce" },
  optimizer: { type: "adam", lr: 0.01 },
  clip_grad: { type: "norm", max_norm: 1 },
  metrics: ["accuracy"],
  epochs: EPOCHS,
};

const dataDir = await createDataDir();
const server = await startLiveServer(dataDir.path, { TRAINYARD_WORKERS: "1" });
const browser = await openBrowser();
try {
  const { id } = await server.client.submit(MOONS);
  console.log(`training ${EPOCHS.toLocaleString("en")} epochs`);
  await server.client.wait(id);
  await reportFirstPaint(browser, `${server.url}/jobs/${id}`);
  const live = await server.client.submit({ ...MOONS, name: "endless", epochs: 100_000_000 });
  await pastEpochs(server.client, live.id, EPOCHS);
  await reportLive(browser, server.client, `${server.url}/jobs/${live.id}`, live.id);
  await server.client.cancel(live.id);
} finally {
  await browser.close();
  await server.stop();
  await dataDir.remove();
}

/** Milliseconds from the visit to the frame after the one in which the curves were drawn, each time in a fresh context. */
async function reportFirstPaint(own: TestBrowser, url: string): Promise<void> {
  const paints: number[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat++) {
    const { page } = await own.open(url);
    paints.push(await paintedAt(page));
    await page.context().close();
  }
  console.log(`first paint of the curves: ${describe(paints)} after the visit began, ${REPEATS} visits with an empty cache`);
}

function paintedAt(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const look = () => {
          if (!document.querySelector(".drawn")) requestAnimationFrame(look);
          else requestAnimationFrame(() => resolve(performance.now()));
        };
        look();
      }),
  );
}

async function reportLive(own: TestBrowser, client: Client, url: string, id: string): Promise<void> {
  const { page } = await own.open(url);
  await page.locator(".drawn").waitFor();
  const before = (await client.job(id)).epochs_done;
  console.log(`frames while live, all epochs:    ${describe(await frames(page))}`);
  const pace = ((await client.job(id)).epochs_done - before) / (WATCH_MS / 1000);
  await page.getByRole("application", { name: /^Loss/ }).focus();
  const looks: number[] = [];
  for (let halvings = 0; halvings < 8; halvings++) looks.push(await closer(page));
  console.log(`frames while live, a stretch:     ${describe(await frames(page))}`);
  await page.getByRole("button", { name: "All" }).click();
  await page.getByLabel("Smoothing").selectOption("1000");
  await page.getByLabel("Log scale").check();
  console.log(`frames while live, smoothed, log: ${describe(await frames(page))}`);
  console.log(`a closer look, to finer points:   ${describe(looks)}`);
  const { epochs_done } = await client.job(id);
  console.log(`at ${Math.round(pace).toLocaleString("en")} epochs/s, ${epochs_done.toLocaleString("en")} epochs in the end`);
}

/** Times between frames, while watching. */
function frames(page: Page): Promise<number[]> {
  return page.evaluate(
    (ms) =>
      new Promise<number[]>((resolve) => {
        const times: number[] = [];
        const start = performance.now();
        let last = start;
        const tick = (now: number) => {
          times.push(now - last);
          last = now;
          if (now - start < ms) requestAnimationFrame(tick);
          else resolve(times.slice(1));
        };
        requestAnimationFrame(tick);
      }),
    WATCH_MS,
  );
}

/** Halves the stretch, and waits until it is drawn: with finer points, where it has asked for some. */
async function closer(page: Page): Promise<number> {
  const asked: Request[] = [];
  const note = (request: Request) => request.url().includes("/metrics?") && asked.push(request);
  page.on("request", note);
  const start = performance.now();
  await page.keyboard.press("+");
  await twoFrames(page);
  page.off("request", note);
  for (const request of asked) await (await request.response())?.finished();
  if (asked.length > 0) await twoFrames(page);
  return performance.now() - start;
}

async function twoFrames(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

async function pastEpochs(client: Client, id: string, epochs: number): Promise<void> {
  while ((await client.job(id)).epochs_done < epochs) await delay(250);
}

function describe(values: readonly number[]): string {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    `${(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1)} ms`;
  return `median ${at(0.5)}, 95 % ${at(0.95)}, 99 % ${at(0.99)}, longest ${at(1)}`;
}
