/**
 * `npm run bench:sweep-page`: the view of a sweep of 10,000 trials in a real browser, while it runs, while it is drawn first, while an
 * axis is brushed, while the table is sorted and paged, and while the page scrolls. Times between frames, which say how busy the machine
 * is too (this browser paints without a graphics card); and the processor time that the page's thread takes for a frame of 16.7 ms, which
 * does not.
 */
import type { Page } from "playwright-core";
import { openBrowser } from "../../e2e/browser.ts";
import { createDataDir, startLiveServer } from "../../e2e/live-server.ts";

const FRAME_MS = 1000 / 60;
const TRIALS = Number(process.argv[2] ?? 10_000);

const dataDir = await createDataDir();
const server = await startLiveServer(dataDir.path, { TRAINYARD_WORKERS: "2" });
const browser = await openBrowser();
try {
  const { id } = await server.client.submitSweep({
    name: "ten-thousand",
    job: {
      data: { generator: { type: "moons", samples: 100, noise: 0.1, seed: 7 } },
      split: { validation: 0.25 },
      model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "linear" }] },
      epochs: 5,
    },
    parameters: {
      "/optimizer/lr": { min: 1e-4, max: 0.3, scale: "log" },
      "/optimizer/weight_decay": { min: 0, max: 0.1 },
      "/seed": { min: 0, max: 99, integer: true },
    },
    method: { type: "random" },
    trials: TRIALS,
    promote: "none",
  });
  console.log(`training ${TRIALS.toLocaleString("en")} trials, watched from the start`);
  const { page } = await browser.open(`${server.url}/sweeps/${id}`);
  report("while it runs", await frames(page, async () => void (await server.client.waitForSweep(id))));
  await page.goto(`${server.url}/sweeps/${id}`);
  await page.locator("canvas.ink").first().waitFor();
  report("first drawing", await frames(page, () => drawn(page)));
  report("brushing an axis", await frames(page, () => brush(page)));
  report("sorting and paging", await frames(page, () => sort(page)));
  report("scrolling", await frames(page, () => scroll(page)));
  console.log(`${await page.locator(".trial-table tbody tr").count()} rows in the document`);
} finally {
  await browser.close();
  await server.stop();
  await dataDir.remove();
}

async function drawn(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    [...document.querySelectorAll<HTMLElement>("canvas.ink")].every(({ dataset }) => dataset.state === "drawn"),
  );
}

async function brush(page: Page): Promise<void> {
  const strip = page.locator(".axis-strip").first();
  await strip.scrollIntoViewIfNeeded();
  const box = (await strip.boundingBox())!;
  await page.mouse.move(box.x + box.width / 2, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height - 40, { steps: 60 });
  await page.mouse.up();
  await drawn(page);
}

async function sort(page: Page): Promise<void> {
  for (const name of ["lr", "seed", "Time", "Trial"]) {
    await press(page, name);
    await press(page, "Next");
  }
}

/** Clicks within the page: looking for a button by its role takes the page's thread longer than what it does. */
async function press(page: Page, name: string): Promise<void> {
  await page.evaluate((text) => {
    const buttons = [...document.querySelectorAll<HTMLElement>("button")];
    buttons.find(({ textContent }) => textContent?.trim() === text)?.click();
  }, name);
  await page.waitForTimeout(250);
}

async function scroll(page: Page): Promise<void> {
  for (let step = 0; step < 40; step++) await page.mouse.wheel(0, step < 20 ? 120 : -120);
}

interface Frames {
  /** Between frames, in ms. */
  readonly times: readonly number[];
  /** Of the page's thread, in ms, and the time in which it took them. */
  readonly processor: number;
  readonly wall: number;
}

/** Times between frames, and what they take, while something is done. */
async function frames(page: Page, act: () => Promise<void>): Promise<Frames> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const processor = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
  };
  await page.evaluate(() => {
    const own = window as unknown as { times: number[]; watching: boolean };
    own.times = [];
    own.watching = true;
    let last = performance.now();
    const tick = (now: number) => {
      own.times.push(now - last);
      last = now;
      if (own.watching) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  const [before, start] = [await processor(), performance.now()];
  await act();
  const [after, end] = [await processor(), performance.now()];
  const times = await page.evaluate(() => {
    const own = window as unknown as { times: number[]; watching: boolean };
    own.watching = false;
    return own.times.slice(1);
  });
  await session.detach();
  return { times, processor: after - before, wall: end - start };
}

function report(what: string, { times, processor, wall }: Frames): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    `${(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1)} ms`;
  const used = `${((processor / wall) * FRAME_MS).toFixed(1)} ms of processor a frame`;
  console.log(
    `${what.padEnd(20)} ${String(times.length).padStart(5)} frames: median ${at(0.5)}, 95 % ${at(0.95)}, 99 % ${at(0.99)}, longest ${at(1)}; ${used}`,
  );
}
