/** Where the specs of several jobs differ, leaf by leaf. Pure. */

export interface SpecLine {
  /** A JSON pointer, as in the API's problems: /optimizer/lr. */
  readonly pointer: string;
  /** The value of each spec there, in order; undefined if it has none. */
  readonly values: readonly unknown[];
  readonly differs: boolean;
}

/** Returns every pointer at which some spec has a value, in the order of the specs. */
export function specLines(specs: readonly object[]): readonly SpecLine[] {
  const leaves = specs.map((spec) => new Map(leavesOf("", spec)));
  const pointers = new Set(leaves.flatMap((each) => [...each.keys()]));
  return [...pointers].map((pointer) => {
    const values = leaves.map((each) => each.get(pointer));
    const [first] = values;
    return { pointer, values, differs: values.some((value) => value !== first) };
  });
}

/** The leaves of a value; an empty list or object is one too. */
function leavesOf(pointer: string, value: unknown): [string, unknown][] {
  if (value === null || typeof value !== "object") return [[pointer, value]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[pointer, JSON.stringify(value)]];
  return entries.flatMap(([key, inner]) => leavesOf(`${pointer}/${escapeToken(key)}`, inner));
}

/** RFC 6901. */
const escapeToken = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");
