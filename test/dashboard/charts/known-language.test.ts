import { afterEach, expect, it, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

it.each([
  ["en-US@posix", "en-US"],
  ["de-CH", "de-CH"],
])("a browser that says %s has the language %s", async (language, expected) => {
  vi.stubGlobal("navigator", { language });
  await import("../../../src/dashboard/charts/known-language.ts");
  expect(navigator.language).toBe(expected);
  expect(() => new Intl.NumberFormat(navigator.language)).not.toThrow();
});
