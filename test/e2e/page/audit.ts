/** What makes a view hard to use for somebody: axe's serious findings, and content that is wider than the screen. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly impact: string;
    readonly nodes: readonly { readonly target: readonly string[] }[];
  }[];
}

const ALL: readonly string[] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"];

/** The rules on colours: the others say the same of both themes. */
export const OF_COLOURS: readonly string[] = ["color-contrast", "link-in-text-block"];

/** Serious faults of the view that is shown, as rule and place; and `wide` when it scrolls sideways. `rules`: names of rules, or tags. */
export async function faultsOfView(page: Page, rules = ALL): Promise<string[]> {
  // A page's policy allows no scripts from outside: this one comes by way of the browser's own door.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(AXE);
  // A colour half-way from one to another is nobody's choice.
  await page.evaluate(async () => {
    const transitions = document.getAnimations().filter((animation) => animation instanceof CSSTransition);
    await Promise.all(transitions.map(({ finished }) => finished.catch(() => undefined)));
  });
  return await page.evaluate(async (runOnly) => {
    const { axe } = globalThis as unknown as { axe: { run(options: object): Promise<AxeResults> } };
    const { violations } = await axe.run({ runOnly, resultTypes: ["violations"] });
    const serious = violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
    return document.documentElement.scrollWidth > window.innerWidth ? [...serious, "wide"] : serious;
  }, rules);
}
