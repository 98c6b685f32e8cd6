/**
 * `npm run bench:slow-page`: how long a first visit of each view takes on a slow network (400 ms, 50 kB/s), with nothing in the
 * browser's cache: until something is painted, and until what the view is about is there. Files and bytes tell what the network carries,
 * whatever else the machine does.
 */
import type { JobSpec } from "../../../src/client/answers.ts";
import { openBrowser } from "../../e2e/browser.ts";
import { createDataDir, startLiveServer } from "../../e2e/live-server.ts";

const SPEED = { latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 };
const MOONS = {
  name: "moons",
  data: { generator: { type: "moons", samples: 200, noise: 0.15, seed: 7 } },
  split: { validation: 0.25 },
  model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "linear" }] },
  epochs: 300,
} satisfies JobSpec;
const VISITS = Number(process.argv[2] ?? 3);

const dataDir = await createDataDir();
const server = await startLiveServer(dataDir.path, { TRAINYARD_WORKERS: "1" });
const browser = await openBrowser();
try {
  const { client, url } = server;
  const table = await client.upload(`size,age,sold\n${"1,2,yes\n2,3,no\n".repeat(20)}`, { name: "shop", format: "csv" });
  const job = await client.wait((await client.submit(MOONS)).id);
  const parameters = { "/optimizer/lr": { min: 0.001, max: 0.1 } };
  const sweep = await client.submitSweep({ job: { ...MOONS, epochs: 5 }, parameters, method: { type: "random" }, trials: 4 });
  await client.waitForSweep(sweep.id);
  const views: readonly (readonly [path: string, sign: string])[] = [
    ["/jobs", ".c-name a"],
    [`/jobs/${job.id}`, ".chart .legend"],
    ["/sweeps", ".table tbody tr"],
    [`/sweeps/${sweep.id}`, ".table tbody tr"],
    ["/start", ".sample"],
    ["/new", ".verdict-line"],
    ["/playground", "canvas[data-drawn=field]"],
    [`/compare?jobs=${job.id}`, ".table tbody tr"],
    ["/datasets", ".table tbody tr"],
    [`/datasets/${table.id}`, ".preview tbody tr"],
    ["/models", ".table tbody tr"],
    [`/models/${job.model?.id}`, ".score-figure"],
  ];
  for (const [path, sign] of views) {
    const visits = [];
    for (let visit = 0; visit < VISITS; visit++) visits.push(await visited(url, path, sign));
    const fastest = visits.reduce((best, other) => (other.rows < best.rows ? other : best));
    const { painted, rows, files, bytes } = fastest;
    const figures = `${(painted / 1000).toFixed(1)} s painted, ${(rows / 1000).toFixed(1)} s rows`;
    console.log(
      `${path.replace(/[a-z]+_[\w-]{8,}/, ":id").padEnd(18)} ${figures}, ${files} files of code, ${(bytes / 1000).toFixed(0)} kB`,
    );
  }
} finally {
  await browser.close();
  await server.stop();
  await dataDir.remove();
}

/** Milliseconds since the visit began; scripts and bytes of all that came until the rows were there. */
async function visited(url: string, path: string, sign: string) {
  const { page } = await browser.open(`${url}/healthz`);
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", { offline: false, ...SPEED });
  await page.goto(url + path, { waitUntil: "commit" });
  await page.locator(sign).first().waitFor();
  const figures = await page.evaluate(() => {
    const resources = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    return {
      rows: performance.now(),
      painted: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN,
      files: resources.filter(({ name }) => name.endsWith(".js")).length,
      bytes: resources.reduce((sum, { transferSize }) => sum + transferSize, 0),
    };
  });
  await page.context().close();
  return figures;
}
