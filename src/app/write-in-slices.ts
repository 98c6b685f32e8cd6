/** Writes JSON in slices, between which the event loop serves others, however much there is to write. Knows nothing of the content. */
import { setImmediate as nextTurn } from "node:timers/promises";

/** The weight of a slice: writing that much takes about a millisecond. */
const SLICE = 8192;
/** This many characters of text weigh as much as one number. */
const CHARACTERS = 16;

/** Whether a value is written within one slice. */
export function isOneSlice(value: unknown): boolean {
  return weigh(value, SLICE) <= SLICE;
}

/** Writes an object as JSON.stringify does, with a turn of the event loop between slices. The object must not change meanwhile. */
export async function writeInSlices(value: object): Promise<string> {
  return (await writeParts(value)).join("");
}

/** Does the same, and returns the text in parts. */
export async function writeParts(value: object): Promise<string[]> {
  const parts: string[] = [];
  let written = 0;
  for (const [text, weight] of slicesOf(value)) {
    parts.push(text);
    written += weight;
    if (written < SLICE) continue;
    written = 0;
    await nextTurn();
  }
  return parts;
}

type Slice = readonly [text: string, weight: number];

/** The parts of a value's JSON in order, each with its weight, which is at most that of a slice or of one text. */
function* slicesOf(value: unknown): Generator<Slice> {
  const weight = weigh(value, SLICE);
  if (weight <= SLICE || typeof value !== "object" || value === null) yield [JSON.stringify(value), weight];
  else if ("toJSON" in value && typeof value.toJSON === "function") yield* slicesOf(value.toJSON());
  else if (Array.isArray(value)) yield* slicesOfArray(value);
  else yield* slicesOfObject(value);
}

function* slicesOfArray(values: readonly unknown[]): Generator<Slice> {
  yield ["[", 0];
  for (let from = 0; from < values.length; ) {
    let to = from;
    let total = 0;
    for (; to < values.length && total <= SLICE; to++) total += weigh(values[to], SLICE - total);
    // A part that was too heavy comes alone, after those before it.
    if (total > SLICE && to - from > 1) to--;
    const separator = from === 0 ? "" : ",";
    if (to - from > 1) yield [separator + JSON.stringify(values.slice(from, to)).slice(1, -1), total];
    else {
      yield [separator, 0];
      yield* slicesOf(values[from] ?? null);
    }
    from = to;
  }
  yield ["]", 0];
}

function* slicesOfObject(value: object): Generator<Slice> {
  let separator = "{";
  for (const [name, own] of Object.entries(value)) {
    if (own === undefined || typeof own === "function" || typeof own === "symbol") continue;
    yield [`${separator}${JSON.stringify(name)}:`, 1];
    yield* slicesOf(own);
    separator = ",";
  }
  yield [separator === "{" ? "{}" : "}", 0];
}

/** The weight of a value: 1 for each value and name in it, and more for long texts. A result above `most` means "more than `most`". */
function weigh(value: unknown, most: number): number {
  if (typeof value === "string") return 1 + value.length / CHARACTERS;
  if (typeof value !== "object" || value === null) return 1;
  let weight = 1;
  if (Array.isArray(value)) {
    // Each weighs at least 1.
    if (value.length > most) return value.length;
    for (const own of value) {
      weight += weigh(own, most - weight);
      if (weight > most) return weight;
    }
    return weight;
  }
  for (const name in value) {
    weight += 1 + name.length / CHARACTERS + weigh((value as Record<string, unknown>)[name], most - weight);
    if (weight > most) return weight;
  }
  return weight;
}
