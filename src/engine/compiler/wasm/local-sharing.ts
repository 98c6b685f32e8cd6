/**
 * Lets the values of a template share locals: code is written with a new local for each value, and most values are needed for a few
 * instructions. V8's baseline compiler searches all locals of a function whenever it needs a register, so that thousands of them cost
 * more than the code itself. Knows which instructions read and write locals; knows nothing of what they compute.
 */
import type { Local, ValueType } from "./assembler.ts";

/** Marks of the start and the end of a loop. No index is written at them. */
export const LOOP_START = Number.POSITIVE_INFINITY;
export const LOOP_END = Number.NEGATIVE_INFINITY;

/** Opcodes of `local.get`, `local.set` and `local.tee`. */
const [GET, SET, TEE] = [0x20, 0x21, 0x22];

/** Code with marks, as in a template. */
interface Marked {
  readonly bytes: Uint8Array;
  readonly marks: readonly number[];
}

/** The range of marks in which a local is used. */
interface Lifetimes {
  readonly first: Float64Array;
  readonly last: Float64Array;
  readonly uses: Float64Array;
}

/**
 * Returns the same code with fewer locals, without the marks of loops. A value that is read just where it was written stays on the stack.
 * Marks of locals are below `limit` and not negative; the first `parameters` locals stay, and the others have these types.
 */
export function shareLocals(
  code: Marked,
  parameters: number,
  types: readonly ValueType[],
  limit: number,
): Marked & { readonly locals: readonly ValueType[] } {
  const lifetimes = lifetimesOf(code.marks, parameters + types.length, limit);
  const { names, locals } = assign(code.marks, parameters, types, lifetimes, limit);
  return { ...rewrite(code, parameters, lifetimes.uses, names, limit), locals };
}

/** A local that is older than a loop and used in it lives until the loop ends: the next iteration uses it again. */
function lifetimesOf(marks: readonly number[], count: number, limit: number): Lifetimes {
  const first = new Float64Array(count).fill(-1);
  const last = new Float64Array(count).fill(-1);
  const uses = new Float64Array(count);
  const ends = endsOfLoops(marks);
  const open: number[] = [];
  for (let index = 0; index < marks.length; index += 2) {
    const value = marks[index + 1] as number;
    if (value === LOOP_START) open.push(index);
    else if (value === LOOP_END) open.pop();
    else if (value >= 0 && value < limit) {
      if (first[value] === -1) first[value] = index;
      const outermost = open.find((start) => start > (first[value] as number));
      const until = outermost === undefined ? index : (ends.get(outermost) as number);
      last[value] = Math.max(last[value] as number, until);
      uses[value] = (uses[value] as number) + 1;
    }
  }
  return { first, last, uses };
}

function endsOfLoops(marks: readonly number[]): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (let index = 0; index < marks.length; index += 2) {
    if (marks[index + 1] === LOOP_START) open.push(index);
    else if (marks[index + 1] === LOOP_END) ends.set(open.pop() as number, index);
  }
  return ends;
}

/** Gives each value a local from its first mark to its last one. */
function assign(
  marks: readonly number[],
  parameters: number,
  types: readonly ValueType[],
  { first, last }: Lifetimes,
  limit: number,
): { readonly names: Float64Array; readonly locals: readonly ValueType[] } {
  const names = new Float64Array(first.length);
  const locals: ValueType[] = [];
  const free: Record<ValueType, Local[]> = { i32: [], v128: [] };
  /** The values that end with the loop that ends at a mark. */
  const ending = new Map<number, Local[]>();
  const typeOf = (value: Local): ValueType => types[value - parameters] as ValueType;
  const end = (value: Local): void => void free[typeOf(value)].push(names[value] as Local);
  for (let value = 0; value < parameters; value++) names[value] = value;
  for (let index = 0; index < marks.length; index += 2) {
    const value = marks[index + 1] as number;
    if (value === LOOP_END) for (const each of ending.get(index) ?? []) end(each);
    if (!(value >= parameters && value < limit)) continue;
    if (first[value] === index) {
      names[value] = free[typeOf(value)].pop() ?? parameters + locals.push(typeOf(value)) - 1;
      const until = last[value] as number;
      if (marks[until + 1] === LOOP_END) {
        const others = ending.get(until);
        if (others) others.push(value);
        else ending.set(until, [value]);
      }
    }
    if (last[value] === index) end(value);
  }
  return { names, locals };
}

/** Writes the code with new indices of locals. */
function rewrite({ bytes, marks }: Marked, parameters: number, uses: Float64Array, names: Float64Array, limit: number): Marked {
  const target = new Uint8Array(bytes.length);
  const kept: number[] = [];
  let [from, length] = [0, 0];
  const copyTo = (to: number): void => {
    // Between two marks are only a few bytes, for which calling `set` takes longer.
    while (from < to) target[length++] = bytes[from++] as number;
  };
  for (let index = 0; index < marks.length; index += 2) {
    const [position, value] = [marks[index] as number, marks[index + 1] as number];
    if (value === LOOP_START || value === LOOP_END) continue;
    copyTo(position);
    if (value < 0 || value >= limit) {
      kept.push(length, value);
      continue;
    }
    const isReadNext =
      value >= parameters &&
      bytes[position - 1] === SET &&
      bytes[position] === GET &&
      marks[index + 2] === position + 1 &&
      marks[index + 3] === value;
    if (isReadNext) {
      // The write also reads (`local.tee`), or, if nothing else reads the value, neither is needed.
      from = position + 1;
      index += 2;
      if (uses[value] === 2) {
        length--;
        continue;
      }
      target[length - 1] = TEE;
    }
    kept.push(length, names[value] as Local);
  }
  copyTo(bytes.length);
  return { bytes: target.slice(0, length), marks: kept };
}
