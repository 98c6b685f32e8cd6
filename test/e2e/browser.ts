/** A real Chromium for tests of the page: one for a test file, a fresh context for each page, every console error kept. */
import chromium from "@sparticuz/chromium";
import { type Browser, type BrowserContextOptions, chromium as launcher, type Page } from "playwright-core";
import { mustEnd } from "../leftovers.ts";

export interface OpenPage {
  readonly page: Page;
  /** Errors of the console, uncaught exceptions, and requests to anywhere but the server. */
  readonly faults: string[];
}

export interface TestBrowser {
  readonly browser: Browser;
  /** A page in a context of its own. 1440 by 900 unless the options say otherwise. */
  open(url: string, options?: BrowserContextOptions): Promise<OpenPage>;
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

/** What a page is opened as. The locale is named: that of a bare container is no language tag. */
const DESKTOP: BrowserContextOptions = { viewport: { width: 1440, height: 900 }, locale: "en-US" };

/** A phone of 375 px, with its touch and its scroll bars that take no room. */
export const PHONE: BrowserContextOptions = {
  viewport: { width: 375, height: 812 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

/** Starts a browser. The page is built with the server that it opens. */
export async function openBrowser(): Promise<TestBrowser> {
  const browser = await launcher.launch({
    executablePath: await chromium.executablePath(),
    args: chromium.args.filter((arg) => !UNWANTED.has(arg)).concat("--no-sandbox", "--disable-gpu"),
  });
  const isOver = mustEnd("a browser", () => browser.close());
  browser.once("disconnected", isOver);
  return {
    browser,
    async open(url, options = {}) {
      const context = await browser.newContext({ ...DESKTOP, ...options });
      const page = await context.newPage();
      const faults = watchFaults(page, new URL(url).host);
      await page.goto(url);
      return { page, faults };
    },
    close: () => browser.close(),
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
