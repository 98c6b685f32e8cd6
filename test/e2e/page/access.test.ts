/** Every view for everybody: axe, both themes, a phone, reduced motion, nothing that jumps, and little to load. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PHONE } from "../browser.ts";
import { faultsOfView } from "./audit.ts";
import { DIVERGING, ENDLESS, MOONS, openStage, type Stage, submitted } from "./stage.ts";

/** Most bytes that a first visit loads, its view included. */
const FIRST_LOAD_BYTES = 150_000;

let stage: Stage;
/** Each view, with what is there once it is drawn. */
let views: readonly (readonly [path: string, sign: string])[];
beforeAll(async () => {
  stage = await openStage({ TRAINYARD_WORKERS: "1" });
  const job = await submitted(stage.client, { ...MOONS, checkpoint: { every_epochs: 100, min_seconds: 0 } }, "succeeded");
  const failed = await submitted(stage.client, DIVERGING, "failed");
  const running = await submitted(stage.client, ENDLESS, "running");
  await stage.client.submit({ ...ENDLESS, name: "waits" });
  views = [
    ["/jobs", ".job-rows .sparkline path"],
    [`/jobs/${job.id}`, ".drawn"],
    [`/jobs/${failed.id}`, ".drawn"],
    [`/jobs/${running.id}`, ".drawn"],
    [`/jobs/${job.id}?tab=checkpoints`, ".table tbody tr"],
    [`/jobs/${job.id}?tab=history`, ".timeline li"],
    [`/jobs/${job.id}?tab=events`, ".table tbody tr"],
    [`/jobs/${job.id}?tab=spec`, "pre.code"],
    ["/compare", ".picker li"],
    [`/compare?jobs=${job.id},${failed.id}`, ".drawn"],
    [`/jobs/${job.id}?tab=model`, "main canvas"],
    ["/new", "main fieldset"],
    ["/datasets", "main h1"],
    ["/models", 'main a[href^="/models/"]'],
    [`/models/${job.model?.id}`, "main h1"],
  ];
});
afterAll(() => stage.close());

const LOOKS = [
  ["a light screen", { colorScheme: "light" }],
  ["a dark screen", { colorScheme: "dark" }],
  ["a dark phone", { ...PHONE, colorScheme: "dark" }],
] as const;

describe.each(LOOKS)("on %s", (_, options) => {
  it("no view has a serious fault, none is wider than the screen, and none says anything on the console", {
    timeout: 240_000,
  }, async () => {
    const { page, faults } = await stage.open("/jobs", options);
    for (const [path, sign] of views) {
      await page.goto(stage.url + path);
      await page.locator(sign).first().waitFor();
      expect([path, await faultsOfView(page)]).toEqual([path, []]);
    }
    expect(faults).toEqual([]);
  });
});

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
    const [path, sign] = views[1]!;
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
  it("loads less than 150 kB, compressed, from the server alone", async () => {
    for (const path of ["/jobs", views[1]![0]]) {
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
    for (const path of ["/jobs", views[1]![0], views[9]![0]]) {
      const { page } = await stage.open(path);
      await page
        .locator(views.find(([each]) => each === path)![1])
        .first()
        .waitFor();
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
