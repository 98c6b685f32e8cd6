/**
 * Random ids of traces and spans, and which traces a sampler by share records: those whose last 64 bits are below it, as in the SDKs of Go,
 * Java and Python (not JavaScript), so that a trace that is recorded at a share is recorded at any larger one. Knows no spans.
 */
import { randomFillSync } from "node:crypto";

const BYTES = 8192;

/** Random hexadecimal digits, cut from one long text at a time. */
let digits = "";
let used = 0;

/** Draws an id of so many hexadecimal digits. */
export function newId(length: number): string {
  if (used + length > digits.length) {
    digits = randomFillSync(Buffer.alloc(BYTES)).toString("hex");
    used = 0;
  }
  used += length;
  return digits.slice(used - length, used);
}

/** Random numbers of 32 bits. */
const words = new Uint32Array(BYTES / Uint32Array.BYTES_PER_ELEMENT);
let left = 0;

function newWord(): number {
  if (left === 0) {
    randomFillSync(words);
    left = words.length;
  }
  left--;
  return words[left] as number;
}

/** The traces that begin here. */
export interface Traces {
  /** Begins one. Returns its id; null where it is not recorded, which costs no text. */
  begin(): string | null;
  /** Whether a trace from elsewhere is among the share that is recorded. */
  has(traceId: string): boolean;
  /** A new id that is not among that share. */
  leftOut(): string;
}

const TWO_TO_32 = 2 ** 32;

/** Creates them, of which a share is recorded: 0 for none, 1 for all. */
export function createTraces(share: number): Traces {
  const limit = share * TWO_TO_32 * TWO_TO_32;
  // The end of an id that was left out last: there need not be many.
  let [leftOutHigh, leftOutLow] = [TWO_TO_32 - 1, TWO_TO_32 - 1];
  return {
    begin() {
      if (share >= 1) return newId(32);
      const [high, low] = [newWord(), newWord()];
      if (high * TWO_TO_32 + low < limit) return `${newId(16)}${hexOf(high)}${hexOf(low)}`;
      leftOutHigh = high;
      leftOutLow = low;
      return null;
    },
    has: (traceId) => share >= 1 || Number.parseInt(traceId.slice(16), 16) < limit,
    leftOut: () => `${newId(16)}${hexOf(leftOutHigh)}${hexOf(leftOutLow)}`,
  };
}

const hexOf = (word: number) => word.toString(16).padStart(8, "0");
