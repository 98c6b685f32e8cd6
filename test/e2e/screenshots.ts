/**
 * `npm run screenshots`: every main view as a picture, wide and on a phone, light and dark, in build/screenshots/. With
 * `--docs` also the pictures of README.md and docs/*.md, in docs/pictures/.
 */
import { mkdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { LESSONS } from "../../examples/tutorial.ts";
import type { Job, JobSpec } from "../../src/client/answers.ts";
import type { Client } from "../../src/client/client.ts";
import { openBrowser, PHONE } from "./browser.ts";
import { createDataDir, startLiveServer } from "./live-server.ts";

const ROOT = new URL("../../", import.meta.url);
const OUT = fileURLToPath(new URL("build/screenshots/", ROOT));
const PICTURES = fileURLToPath(new URL("docs/pictures/", ROOT));

const SIZES = [
  ["desktop", { viewport: { width: 1280, height: 800 } }],
  ["phone", PHONE],
] as const;

interface View {
  readonly name: string;
  readonly path: string;
  /** There once it is drawn. */
  readonly sign: string;
  /** What is done before the picture is taken. */
  readonly prepare?: (page: Page) => Promise<void>;
  /** Its name in docs/pictures/. */
  readonly picture?: string;
  /** How far the picture is scrolled down, in px. */
  readonly scrolled?: number;
}

const network = (units: number): JobSpec["model"] => ({
  layers: [
    { type: "linear", units },
    { type: "tanh" },
    { type: "linear", units },
    { type: "tanh" },
    { type: "linear" },
    { type: "sigmoid" },
  ],
});

const SPIRALS: JobSpec = {
  task: "binary_classification",
  data: { generator: { type: "spirals", samples: 400, noise: 0.05, seed: 7 } },
  split: { validation: 0.25, stratify: true },
  model: network(16),
  loss: { type: "bce" },
  optimizer: { type: "adam", lr: 0.01 },
  clip_grad: { type: "norm", max_norm: 5 },
  batch_size: 32,
  metrics: ["accuracy", "f1"],
  checkpoint: { every_epochs: 20, min_seconds: 0, keep: 60 },
  epochs: 1000,
  seed: 5,
};

/** Epochs of the playground. */
const PLAYED_EPOCHS = 150;

/** Is at it for hours. */
const SLOWLY = { model: network(64), optimizer: { type: "sgd", lr: 0.002 } } satisfies Partial<JobSpec>;

const dataDir = await createDataDir();
const server = await startLiveServer(dataDir.path, { TRAINYARD_WORKERS: "1" });
const browser = await openBrowser();
try {
  await mkdir(OUT, { recursive: true });
  const views = await stageViews(server.client);
  for (const view of views)
    for (const size of SIZES) for (const theme of ["light", "dark"] as const) await take(view, size, theme);
  if (process.argv.includes("--docs")) {
    await takePictures(views);
    await takeLessons(server.client);
  }
} finally {
  await browser.close();
  await server.stop();
  await dataDir.remove();
}

async function take(view: View, [size, options]: (typeof SIZES)[number], colorScheme: "light" | "dark"): Promise<void> {
  const file = `${OUT}${view.name}-${size}-${colorScheme}.png`;
  const { page, faults } = await browser.open(server.url + view.path, { ...options, colorScheme, reducedMotion: "reduce" });
  await settle(page, view);
  await page.screenshot({ path: file, fullPage: true });
  await page.context().close();
  console.log(file, ...faults);
}

async function takePictures(views: readonly View[]): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  for (const view of views) {
    if (!view.picture) continue;
    const options = { viewport: { width: 1280, height: 800 }, reducedMotion: "reduce", colorScheme: "light" } as const;
    const { page } = await browser.open(server.url + view.path, options);
    await settle(page, view);
    await page.evaluate((top) => window.scrollTo(0, top), view.scrolled ?? 0);
    const file = `${PICTURES}${view.picture}.png`;
    await page.screenshot({ path: file });
    await page.context().close();
    console.log(file);
  }
}

/** What the models of the tutorial say, as docs/tutorial.md shows it. */
async function takeLessons(client: Client): Promise<void> {
  // What runs for the other pictures would be in the way.
  for (const state of ["queued", "running"] as const) {
    for (const { id } of (await client.jobs({ state })).data) await client.cancel(id);
  }
  for (const { spec } of LESSONS) {
    const { id } = await finished(client, { ...spec, checkpoint: { every_epochs: 20, min_seconds: 0, keep: 60 } });
    const options = { viewport: { width: 1280, height: 1100 }, reducedMotion: "reduce", colorScheme: "light" } as const;
    const { page } = await browser.open(`${server.url}/jobs/${id}?tab=model`, options);
    const card = page.locator("main section, main .card").filter({ hasText: "Predictions" }).last();
    const drawn = () => card.locator("canvas, svg circle").first().waitFor();
    await settle(page, { name: spec.name ?? id, path: "", sign: ":text('Predictions')", prepare: drawn });
    const file = `${PICTURES}${spec.name}.png`;
    await card.screenshot({ path: file });
    await page.context().close();
    console.log(file);
  }
}

/** Trains until the boundary has some shape. */
async function played(page: Page): Promise<void> {
  const button = (name: string) => page.getByRole("button", { name, exact: true });
  await page.getByLabel("Speed").selectOption({ label: "As fast as it goes" });
  await button("Train").click();
  const epochs = page.locator(".play-epoch strong");
  while (Number((await epochs.innerText()).replaceAll(/\D/g, "")) < PLAYED_EPOCHS) await page.waitForTimeout(100);
  await button("Pause").click();
}

async function settle(page: Page, { sign, prepare }: View): Promise<void> {
  await page.locator(sign).first().waitFor();
  await prepare?.(page);
  await page.waitForLoadState("networkidle");
  // Charts are drawn when they come into sight.
  for (const place of ["bottom", "top"]) {
    await page.evaluate((to) => window.scrollTo(0, to === "top" ? 0 : document.body.scrollHeight), place);
    await page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve), 150)));
  }
}

/** Jobs in every state, two of which are worth comparing, and a model of a table. */
async function stageViews(client: Client): Promise<readonly View[]> {
  const iris = await client.upload(await readFile(new URL("datasets/iris.csv", ROOT)), { name: "iris", format: "csv" });
  const flowers = await finished(client, {
    name: "iris-species",
    data: { dataset: { id: iris.id, target: iris.columns.at(-1)?.name ?? "species" } },
    model: { layers: [{ type: "linear", units: 16 }, { type: "relu" }, { type: "linear" }] },
    optimizer: { type: "adam", lr: 0.01 },
    metrics: ["accuracy", "f1"],
    epochs: 400,
    seed: 3,
  });
  await finished(client, {
    name: "learning-rate-of-3",
    data: { generator: { type: "linear", samples: 100, noise: 0.1, seed: 1 } },
    model: { layers: [{ type: "linear" }] },
    optimizer: { type: "sgd", lr: 3 },
    epochs: 200,
  });
  const adam = await finished(client, { ...SPIRALS, name: "spirals-adam" });
  const sgd = await finished(client, {
    ...SPIRALS,
    name: "spirals-sgd",
    optimizer: { type: "sgd", lr: 0.1, momentum: 0.9 },
    batch_size: 64,
  });
  const tanh = await finished(client, { ...SPIRALS, name: "spirals-wide", model: network(48) });
  const paused = await client.submit({ ...SPIRALS, name: "spirals-long", epochs: 2_000_000 });
  await until(client, paused.id, "running");
  await client.pause(paused.id);
  await until(client, paused.id, "paused");
  const running = await client.submit({ ...SPIRALS, name: "spirals-overnight", epochs: 5_000_000, ...SLOWLY });
  await until(client, running.id, "running");
  for (const seed of [1, 2]) await client.submit({ ...SPIRALS, name: `spirals-seed-${seed}`, seed });
  return viewsOf({ flowers, adam, sgd, tanh, dataset: iris.id });
}

interface Staged {
  readonly flowers: Job;
  readonly adam: Job;
  readonly sgd: Job;
  readonly tanh: Job;
  readonly dataset: string;
}

function viewsOf({ flowers, adam, sgd, tanh, dataset }: Staged): readonly View[] {
  const job = `/jobs/${adam.id}`;
  const model = `/models/${flowers.model?.id}`;
  return [
    { name: "jobs", path: "/jobs", sign: ".job-rows :text('next in the queue')", picture: "jobs" },
    { name: "job", path: job, sign: ".drawn", picture: "job" },
    { name: "job-model", path: `${job}?tab=model`, sign: "canvas[data-drawn=field]", picture: "model", scrolled: 250 },
    { name: "job-checkpoints", path: `${job}?tab=checkpoints`, sign: ".table tbody tr" },
    { name: "job-history", path: `${job}?tab=history`, sign: ".timeline li" },
    { name: "job-events", path: `${job}?tab=events`, sign: ".table tbody tr" },
    { name: "job-spec", path: `${job}?tab=spec`, sign: "pre.code" },
    { name: "compare", path: `/compare?jobs=${adam.id},${sgd.id},${tanh.id}`, sign: ".drawn", picture: "compare" },
    { name: "new", path: "/new", sign: ".verdict-line[data-phase=valid]", picture: "new" },
    {
      name: "playground",
      path: "/playground?data=spirals&layers=16-16&lr=0.03",
      sign: "canvas[data-drawn=field]",
      prepare: played,
      picture: "playground",
    },
    { name: "datasets", path: "/datasets", sign: `a[href="/datasets/${dataset}"]` },
    { name: "dataset", path: `/datasets/${dataset}`, sign: ".preview tbody tr" },
    { name: "models", path: "/models", sign: ".table tbody tr" },
    { name: "model", path: model, sign: "canvas[data-drawn=field]" },
    { name: "predict", path: `${model}?tab=predict`, sign: ".predict-answer [data-chosen=true]" },
  ];
}

async function finished(client: Client, spec: JobSpec): Promise<Job> {
  return await client.wait((await client.submit(spec)).id);
}

/** Waits by the job's own events until it is in a state. */
async function until(client: Client, id: string, state: Job["state"]): Promise<void> {
  const abort = new AbortController();
  for await (const frame of client.watch(id, { signal: abort.signal })) {
    if (frame.type === "state" && frame.state === state) break;
  }
  abort.abort();
}
