/** A real Chromium for tests of the page: one for the files of a process, a fresh context for each page, every console error kept. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import chromium from "@sparticuz/chromium";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium as launcher,
  type Page,
} from "playwright-core";
import { mustEnd } from "../leftovers.ts";

export interface OpenPage {
  readonly page: Page;
  /** Errors of the console, uncaught exceptions, and requests to anywhere but the server. */
  readonly faults: string[];
}

export interface TestBrowser {
  /** A page in a context of its own. 1440 by 900 unless the options say otherwise. */
  open(url: string, options?: BrowserContextOptions): Promise<OpenPage>;
  /** Closes its pages. */
  close(): Promise<void>;
}

/**
 * Of what the packaged browser suggests: in one process it ends with its first context, and without web security the
 * page's own policy would go untested. A graphics card that is emulated takes a core by itself, and beside a training that has the
 * other one it stood still for 30 s, while a click waited for its next frame; pages are drawn by the processor alone.
 */
const UNWANTED: ReadonlySet<string> = new Set([
  "--single-process",
  "--no-zygote",
  "--disable-web-security",
  "--in-process-gpu",
  "--ignore-gpu-blocklist",
  "--use-gl=angle",
  "--use-angle=swiftshader",
]);

const MODULE = import.meta.resolve("@sparticuz/chromium");

/** What a page is opened as. The locale is named: that of a bare container is no language tag. */
const DESKTOP: BrowserContextOptions = { viewport: { width: 1440, height: 900 }, locale: "en-US" };

/** A phone of 375 px, with its touch and its scroll bars that take no room. */
export const PHONE: BrowserContextOptions = {
  viewport: { width: 375, height: 812 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

/**
 * Path of the browser, which its package brings packed. It is unpacked aside, in a process whose folder for temporary files that is, and
 * then put in place: the package takes for whole what another file's process is still writing, or was ended while it wrote.
 */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL("../package.json", MODULE), "utf8")) as { version: string };
  const folder = join(tmpdir(), `trainyard-chromium-${version}`);
  if (!existsSync(folder)) {
    const making = await mkdtemp(`${folder}-`);
    const code = `(await import(${JSON.stringify(MODULE)})).default.executablePath()`;
    const args = ["--input-type=module", "--eval", `await ${code}`];
    await promisify(execFile)(process.execPath, args, { env: { ...process.env, TMPDIR: making } });
    // Another file may have been first.
    await rename(making, folder).catch(() => rm(making, { recursive: true }));
  }
  return join(folder, "chromium");
}

const launch = async (): Promise<Browser> =>
  launcher.launch({
    executablePath: await unpacked(),
    args: chromium.args.filter((arg) => !UNWANTED.has(arg)).concat("--no-sandbox", "--disable-gpu"),
  });

/** A start takes a second of processor time: the files of a process take one after the other, and it ends with the process. */
let shared: Promise<Browser> | null = null;

/** Those who ask at the same time get the same one. */
function sharedBrowser(): Promise<Browser> {
  const before = shared;
  const one = async (): Promise<Browser> => {
    const running = await before?.catch(() => null);
    return running?.isConnected() ? running : launch();
  };
  shared = one();
  return shared;
}

/** A browser, started where there is none; one of its own for a program that is no test. The page is built with the server that it opens. */
export async function openBrowser(): Promise<TestBrowser> {
  const isShared = process.env.VITEST !== undefined;
  const browser = await (isShared ? sharedBrowser() : launch());
  const contexts = new Set<BrowserContext>();
  const end = async (): Promise<void> => {
    await Promise.all([...contexts].map((context) => context.close()));
    if (!isShared) await browser.close();
  };
  const isOver = mustEnd("pages of a browser", end);
  browser.once("disconnected", isOver);
  return {
    async open(url, options = {}) {
      const context = await browser.newContext({ ...DESKTOP, ...options });
      contexts.add(context);
      context.once("close", () => contexts.delete(context));
      const page = await context.newPage();
      const faults = watchFaults(page, new URL(url).host);
      await page.goto(url);
      return { page, faults };
    },
    async close() {
      await end();
      browser.off("disconnected", isOver);
      isOver();
    },
  };
}

function watchFaults(page: Page, host: string): string[] {
  const faults: string[] = [];
  page.on("console", (message) => {
    const { url } = message.location();
    if (message.type() === "error" || message.type() === "warning") faults.push(`${message.text()} ${url}`);
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.host !== host) faults.push(`a request to ${url.host}`);
  });
  return faults;
}
