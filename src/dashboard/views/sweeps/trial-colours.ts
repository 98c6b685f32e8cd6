/** The colours of trials: the better the value, the more of the accent colour; filtered-out trials are grey. */
import { useMemo } from "preact/hooks";
import { mix, type Palette, type Rgb, usePalette } from "../../plots/palette.ts";
import type { TrialAxis } from "./plots/axes.ts";

const SHADES = 24;

export interface TrialColours {
  readonly palette: Palette;
  /** From the worst to the best. */
  readonly shades: readonly Rgb[];
  readonly faint: readonly Rgb[];
}

/** Returns the colours of the theme in effect. */
export function useTrialColours(): TrialColours {
  const palette = usePalette();
  return useMemo(() => {
    const worst = mix(palette.surface, palette.muted, 0.7);
    const shades = Array.from({ length: SHADES }, (_, index) => mix(worst, palette.accent, index / (SHADES - 1)));
    return { palette, shades, faint: [mix(palette.surface, palette.muted, 0.55)] };
  }, [palette]);
}

/** Returns how good each trial is among all, 0..1, by its number: its rank, because values may lie far apart. */
export function goodnessOf({ values }: TrialAxis, known: Uint32Array, isMaximized: boolean): Float32Array {
  const goodness = new Float32Array(values.length);
  const ranked = known
    .filter((number) => Number.isFinite(values[number]))
    .sort((a, b) => (values[a] as number) - (values[b] as number));
  const last = Math.max(1, ranked.length - 1);
  for (const [rank, number] of ranked.entries()) goodness[number] = isMaximized ? rank / last : 1 - rank / last;
  return goodness;
}
