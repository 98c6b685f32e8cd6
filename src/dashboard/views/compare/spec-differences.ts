/** Where the specs of several jobs differ, leaf by leaf. Pure. */

export interface SpecLine {
  /** The place, as in the API's problems: /optimizer/lr. */
  readonly pointer: string;
  /** What each spec has there, in order; undefined where it has nothing. */
  readonly values: readonly unknown[];
  readonly differs: boolean;
}

/** Every place that some spec has a value at, in the order of the specs. */
export function specLines(specs: readonly object[]): readonly SpecLine[] {
  const leaves = specs.map((spec) => new Map(leavesOf("", spec)));
  const pointers = new Set(leaves.flatMap((each) => [...each.keys()]));
  return [...pointers].map((pointer) => {
    const values = leaves.map((each) => each.get(pointer));
    const [first] = values;
    return { pointer, values, differs: values.some((value) => value !== first) };
  });
}

/** Leaves are compared by their JSON: an empty list is one, too. */
function leavesOf(pointer: string, value: unknown): [string, unknown][] {
  if (value === null || typeof value !== "object") return [[pointer, value]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[pointer, JSON.stringify(value)]];
  return entries.flatMap(([key, inner]) => leavesOf(`${pointer}/${escapeToken(key)}`, inner));
}

/** RFC 6901. */
const escapeToken = (key: string): string => key.replaceAll("~", "~0").replaceAll("/", "~1");
