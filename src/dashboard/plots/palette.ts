/** The theme's colours as numbers, for canvases, and the colour ramp of a regression's values. */
import { useMemo } from "preact/hooks";
import { useApp } from "../shell/app-context.ts";
import { useStore } from "../shell/store.ts";

export type Rgb = readonly [number, number, number];

export interface Palette {
  readonly surface: Rgb;
  readonly text: Rgb;
  readonly muted: Rgb;
  readonly accent: Rgb;
  /** The colour of a class by its index; after the last colour they repeat. */
  classColour(index: number): Rgb;
  /** The colour of a value by its share of the range, 0..1. */
  ramp(share: number): Rgb;
}

/** From low to high; each step is lighter than the one before, so that it reads without colours too. */
const RAMP: readonly Rgb[] = [
  [49, 37, 122],
  [42, 92, 170],
  [22, 145, 151],
  [88, 186, 103],
  [190, 214, 72],
  [250, 228, 110],
];
const CLASS_COLOURS = 8;

/** Returns the palette of the theme in effect. */
export function usePalette(): Palette {
  const { theme } = useApp();
  const shown = useStore(theme.shown);
  return useMemo(() => readPalette(), [shown]);
}

function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => parseHex(style.getPropertyValue(`--${name}`));
  const classes = Array.from({ length: CLASS_COLOURS }, (_, index) => read(`chart-${index + 1}`));
  return {
    surface: read("surface"),
    text: read("text"),
    muted: read("text-3"),
    accent: read("accent"),
    classColour: (index) => classes[index % classes.length] as Rgb,
    ramp,
  };
}

function ramp(share: number): Rgb {
  const at = Math.min(1, Math.max(0, Number.isNaN(share) ? 0 : share)) * (RAMP.length - 1);
  const low = Math.min(RAMP.length - 2, Math.floor(at));
  return mix(RAMP[low] as Rgb, RAMP[low + 1] as Rgb, at - low);
}

/** Mixes two colours; `share` is how much of `b`, 0..1. */
export function mix(a: Rgb, b: Rgb, share: number): Rgb {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

export const cssColour = ([red, green, blue]: Rgb, alpha = 1): string =>
  `rgb(${Math.round(red)} ${Math.round(green)} ${Math.round(blue)} / ${alpha})`;

function parseHex(text: string): Rgb {
  const digits = text.trim().slice(1);
  // The short form, to which the build minifies #ffffff.
  const value = Number.parseInt(digits.length === 3 ? digits.replaceAll(/./g, "$&$&") : digits, 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
