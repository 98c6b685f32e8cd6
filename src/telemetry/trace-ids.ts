/**
 * Random ids of traces and spans, and the decision of a sampler by share: it records the traces whose last 64 bits are below the share, as the
 * SDKs of Go, Java and Python do (JavaScript's does not), so that a trace recorded at one share is recorded at any larger one. Knows no spans.
 */
import { randomFillSync } from "node:crypto";

const BYTES = 8192;

/** A stock of random hexadecimal digits, from which ids are cut. */
let digits = "";
let used = 0;

/** Returns a random id of so many hexadecimal digits. */
export function newId(length: number): string {
  if (used + length > digits.length) {
    digits = randomFillSync(Buffer.alloc(BYTES)).toString("hex");
    used = 0;
  }
  used += length;
  return digits.slice(used - length, used);
}

/** A stock of random 32-bit numbers. */
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
  /** Begins a trace. Returns its id, or null if it is not recorded; then no id is written. */
  begin(): string | null;
  /** Whether the trace of a caller belongs to the recorded share. */
  has(traceId: string): boolean;
  /** Returns a new id outside that share. */
  leftOut(): string;
}

const TWO_TO_32 = 2 ** 32;

/** Creates the traces. `share` of them is recorded: 0 for none, 1 for all. */
export function createTraces(share: number): Traces {
  const limit = share * TWO_TO_32 * TWO_TO_32;
  // The last 64 bits of the last unrecorded id: one such value is enough.
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
