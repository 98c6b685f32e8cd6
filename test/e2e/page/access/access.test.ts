/** The page for everybody: both themes, reduced motion, nothing that jumps, and little to load. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cancelAll } from "../../borrowed-server.ts";
import { DIVERGING, ENDLESS, MOONS, openStage, type Stage, submitted } from "../stage.ts";

/** Most bytes that a first visit loads, its view included. */
const FIRST_LOAD_BYTES = 150_000;

let stage: Stage;
/** Views, with what is there once they are drawn. */
let jobs: readonly [path: string, sign: string];
let job: typeof jobs;
let comparison: typeof jobs;
beforeAll(async () => {
  stage = await openStage();
  const moons = await submitted(stage.client, MOONS, "succeeded");
  const failed = await submitted(stage.client, DIVERGING, "failed");
  jobs = ["/jobs", ".job-rows .sparkline path"];
  job = [`/jobs/${moons.id}`, ".drawn"];
  comparison = [`/compare?jobs=${moons.id},${failed.id}`, ".drawn"];
});
afterAll(() => stage.close());

describe("the theme", () => {
  it("is the system's, or the one that was chosen, from the first frame on", async () => {
    const { page } = await stage.open("/jobs", { colorScheme: "dark" });
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    expect(await background()).toBe("rgb(13, 16, 21)");
    await page.getByRole("button", { name: /theme; switch to/ }).click();
    await expect.poll(background).toBe("rgb(245, 246, 248)");
    await page.reload();
    expect(await background()).toBe("rgb(245, 246, 248)");
  });

  it("is taken over by charts that are shown", async () => {
    const [path, sign] = job;
    const { page } = await stage.open(path, { colorScheme: "light" });
    // What is drawn, not the first figure: before the values come, empty figures hold the charts' places.
    await page.locator(sign).first().waitFor();
    const figure = page.locator(".chart").first();
    const darkest = () => figure.evaluate((element) => getComputedStyle(element).backgroundColor);
    expect(await darkest()).toBe("rgb(255, 255, 255)");
    await page.emulateMedia({ colorScheme: "dark" });
    await expect.poll(darkest).toBe("rgb(21, 25, 32)");
  });
});

describe("a first visit", () => {
  beforeAll(async () => {
    await submitted(stage.client, ENDLESS, "running");
    await stage.client.submit({ ...ENDLESS, name: "waits" });
  });
  afterAll(() => cancelAll(stage.client));

  it("loads less than 150 kB, compressed, from the server alone", async () => {
    for (const path of [jobs[0], job[0]]) {
      const { page, faults } = await stage.open("/docs/none-of-the-page");
      const sizes: number[] = [];
      page.on("requestfinished", (request) => {
        const isFile = !new URL(request.url()).pathname.startsWith("/v1/");
        if (isFile) void request.sizes().then(({ responseBodySize }) => sizes.push(responseBodySize));
      });
      await page.goto(stage.url + path);
      await page.locator("main h1").waitFor();
      await page.waitForLoadState("networkidle");
      const total = sizes.reduce((sum, size) => sum + size, 0);
      expect([path, total > 10_000, total < FIRST_LOAD_BYTES]).toEqual([path, true, true]);
      expect(faults.filter((fault) => !fault.includes("none-of-the-page"))).toEqual([]);
    }
  });

  it("moves nothing that is there already", async () => {
    for (const [path, sign] of [jobs, job, comparison]) {
      const { page } = await stage.open(path);
      await page.locator(sign).first().waitFor();
      const shifted = await page.evaluate(
        () =>
          new Promise<number>((resolve) => {
            new PerformanceObserver((list) => {
              const entries = list.getEntries() as unknown as { value: number }[];
              resolve(entries.reduce((sum, { value }) => sum + value, 0));
            }).observe({ type: "layout-shift", buffered: true });
            // Nothing to tell: nothing has moved.
            requestAnimationFrame(() => requestAnimationFrame(() => resolve(0)));
          }),
      );
      expect([path, shifted < 0.02]).toEqual([path, true]);
    }
  });

  it("turns and slides nothing for those who want no motion", async () => {
    const { page } = await stage.open("/jobs", { reducedMotion: "reduce" });
    await page.locator(".job-rows .turning").first().waitFor();
    const moving = await page.evaluate(() =>
      document
        .getAnimations()
        .filter((animation) => animation.playState === "running")
        .map((each) => String(each)),
    );
    expect(moving).toEqual([]);
  });
});
