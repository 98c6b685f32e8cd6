/** What a test of the page stands on: the real server with a data directory of its own, and a browser. */
import type { BrowserContextOptions, Page } from "playwright-core";
import { onTestFinished, vi } from "vitest";
import type { Job, JobSpec } from "../../../src/client/answers.ts";
import type { Client } from "../../../src/client/client.ts";
import { borrowServer } from "../borrowed-server.ts";
import { type OpenPage, openBrowser } from "../browser.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../live-server.ts";

export interface Stage {
  readonly url: string;
  readonly client: Client;
  /** A page at a path, in a context of its own. It is closed with the test: pages that nobody looks at would go on drawing. */
  open(path: string, options?: BrowserContextOptions): Promise<OpenPage>;
  close(): Promise<void>;
}

/** A stage whose server is its own. */
export interface OwnStage extends Stage {
  /** Ends the server as a power cut would. */
  kill(): Promise<void>;
  /** Starts it again, at the same address and on the same data. */
  restart(): Promise<void>;
}

/** On a server that files use one after the other. */
export async function openStage(): Promise<Stage> {
  const { url, client, giveBack } = await borrowServer();
  const pages = await openPages(url);
  return {
    ...{ url, client, open: pages.open },
    async close() {
      await pages.close();
      await giveBack();
    },
  };
}

/** On a server with settings of its own, or one that is ended. */
export async function openOwnStage(settings: Record<string, string> = {}): Promise<OwnStage> {
  const dataDir = await createDataDir();
  let server: LiveServer = await startLiveServer(dataDir.path, settings);
  const { url } = server;
  const pages = await openPages(url);
  return {
    url,
    get client() {
      return server.client;
    },
    open: pages.open,
    async kill() {
      server.process.kill("SIGKILL");
      await server.ended;
    },
    async restart() {
      server = await startLiveServer(dataDir.path, { ...settings, TRAINYARD_PORT: new URL(url).port });
    },
    async close() {
      await pages.close();
      await server.stop();
      await dataDir.remove();
    },
  };
}

async function openPages(url: string): Promise<Pick<Stage, "open" | "close">> {
  const browser = await openBrowser();
  return {
    async open(path, options) {
      const opened = await browser.open(url + path, options);
      onTestFinished(() => opened.page.context().close());
      return opened;
    },
    close: () => browser.close(),
  };
}

/** Two half moons: learnt in a moment, with validation and metrics. */
export const MOONS = {
  name: "moons",
  task: "binary_classification",
  data: { generator: { type: "moons", samples: 200, noise: 0.15, seed: 7 } },
  split: { validation: 0.25, stratify: true },
  model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "linear" }, { type: "sigmoid" }] },
  loss: { type: "bce" },
  optimizer: { type: "adam", lr: 0.01 },
  clip_grad: { type: "norm", max_norm: 1 },
  metrics: ["accuracy"],
  epochs: 300,
  seed: 11,
} satisfies JobSpec;

/** Trains for hours: only cancelling ends it. */
export const ENDLESS = { ...MOONS, name: "endless", epochs: 100_000_000 } satisfies JobSpec;

/** Its loss is infinite after some epochs. */
export const DIVERGING = {
  name: "diverging",
  data: { generator: { type: "linear", samples: 100, noise: 0.1, seed: 1 } },
  model: { layers: [{ type: "linear" }] },
  optimizer: { type: "sgd", lr: 3 },
  epochs: 200,
} satisfies JobSpec;

/** A straight line through ten points: millions of epochs in seconds. */
export const MILLIONS = {
  name: "millions",
  data: { generator: { type: "linear", samples: 10, noise: 0.1, seed: 1 } },
  model: { layers: [{ type: "linear" }] },
  optimizer: { type: "sgd", lr: 0.01 },
  metrics: [],
  epochs: 2_500_000,
} satisfies JobSpec;

/** Submits a job and waits until it is in a state. */
export async function submitted(client: Client, spec: JobSpec, state: Job["state"]): Promise<Job> {
  const { id } = await client.submit(spec);
  return await vi.waitFor(
    async () => {
      const job = await client.job(id);
      if (job.state !== state) throw new Error(`${job.name} is ${job.state}, not ${state}`);
      return job;
    },
    { timeout: 55_000 },
  );
}

/** Drops a file with a text where files are dropped. */
export async function dropFile(page: Page, name: string, content: string | Uint8Array): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([base64, file]) => {
      const data = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64 as string), (character) => character.charCodeAt(0));
      data.items.add(new File([bytes], file as string));
      return data;
    },
    [Buffer.from(content).toString("base64"), name],
  );
  await page.locator(".drop-zone").first().dispatchEvent("drop", { dataTransfer: transfer });
}

/** The text of an element, as it is at the moment. */
export const textOf = (page: Page, selector: string): Promise<string> => page.locator(selector).first().innerText();

/** How many epochs the charts of a job know: it grows while the job trains. */
export const epochsDrawn = async (page: Page): Promise<{ drawn: number; total: number; text: string }> => {
  const note = page.locator(".drawn");
  const [drawn, total] = [await note.getAttribute("data-drawn"), await note.getAttribute("data-total")];
  return { drawn: Number(drawn), total: Number(total), text: await note.innerText() };
};

/** How many pixels of a chart have a colour of the theme: lines and marks are told apart by it. */
export async function pixelsOf(page: Page, chart: string, property: string): Promise<number> {
  return await page.evaluate(
    ([title, name]) => {
      const figures = [...document.querySelectorAll("figure.chart")];
      const figure = figures.find((each) => each.querySelector(".chart-title")?.textContent === title);
      const canvas = figure?.querySelector("canvas");
      if (!canvas) return -1;
      // A copy: reading the chart's own canvas would change how it is drawn.
      const copy = new OffscreenCanvas(canvas.width, canvas.height);
      const context = copy.getContext("2d", { willReadFrequently: true })!;
      context.drawImage(canvas, 0, 0);
      const hex = getComputedStyle(document.documentElement)
        .getPropertyValue(name as string)
        .trim();
      const wanted = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
      const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        const near = wanted.every((value, channel) => Math.abs((data[at + channel] as number) - value) <= 12);
        if (near && (data[at + 3] as number) > 200) count++;
      }
      return count;
    },
    [chart, property],
  );
}
