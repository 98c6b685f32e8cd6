/** What a score comes to in words: whether the model is worth having. Pure. */
import { baselineText, isFalling, mainFigure } from "../../client/score.ts";
import type { Score } from "../../domain/models/score.ts";

export type Tone = "ok" | "warn" | "bad";

export interface Verdict {
  readonly tone: Tone;
  /** A sentence without its full stop. */
  readonly words: string;
}

/** The figures of the model, of the constant answer and of the straight line, each the greater the better. */
interface Compared {
  readonly model: number;
  readonly baseline: number | null;
  readonly linear: number | null;
  readonly score: Score;
}

/** Differences below this are none: a row or two, or the last digit. */
const SLIGHT = 0.005;

/** The rules, the first that holds counts. */
const RULES: readonly (readonly [holds: (compared: Compared) => boolean, tone: Tone, words: (score: Score) => string])[] = [
  [
    ({ score }) => score.part === "train",
    "warn",
    () => "No rows were held out: this says how well it remembers, not how well it predicts",
  ],
  [
    ({ model, baseline }) => baseline !== null && model <= baseline + SLIGHT,
    "bad",
    (score) => `It is no better than ${baselineText(score)}`,
  ],
  [
    ({ model, linear }) => linear !== null && model < linear - SLIGHT,
    "warn",
    () => "A straight line does better: prefer it, or search for a better network",
  ],
  [({ model, linear }) => linear !== null && model <= linear + SLIGHT, "ok", () => "A straight line does as well"],
  [({ linear }) => linear !== null, "ok", (score) => `It is better than ${baselineText(score)} and than a straight line`],
  [() => true, "ok", (score) => `It is better than ${baselineText(score)}`],
];

/** Returns what a score comes to; null where its main figure has no value. */
export function verdictOf(score: Score): Verdict | null {
  const { name, model, baseline, linear } = mainFigure(score);
  if (model === null) return null;
  const sign = isFalling(name) ? -1 : 1;
  const signed = (value: number | null) => (value === null ? null : sign * value);
  const compared = { model: sign * model, baseline: signed(baseline), linear: signed(linear), score };
  const rule = RULES.find(([holds]) => holds(compared));
  return rule ? { tone: rule[1], words: rule[2](score) } : null;
}
