/**
 * Gives the browser a language that can be one. uPlot writes numbers in it from when it loads, and would not load otherwise: a Chromium
 * that is started without a locale (`LANG=C`) says "en-US@posix", which is no language tag (BCP 47). Import it before uPlot.
 */
try {
  Intl.getCanonicalLocales(navigator.language);
} catch {
  Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
}
