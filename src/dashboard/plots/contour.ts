/** Contour lines of a plane of values, by marching squares; a saddle is decided by its middle. Pure. */

/** The ends of a straight piece, in cells, 0..size-1: x, y, x, y. */
export type Segment = readonly [number, number, number, number];

type Edge = "low" | "right" | "high" | "left";

/** The edges that a line connects, by the corners above the level (1 low left, 2 low right, 4 high right, 8 high left). */
const CROSSINGS: readonly (readonly (readonly [Edge, Edge])[])[] = [
  [],
  [["left", "low"]],
  [["low", "right"]],
  [["left", "right"]],
  [["right", "high"]],
  [
    ["left", "low"],
    ["right", "high"],
  ],
  [["low", "high"]],
  [["left", "high"]],
  [["left", "high"]],
  [["low", "high"]],
  [
    ["low", "right"],
    ["left", "high"],
  ],
  [["right", "high"]],
  [["left", "right"]],
  [["low", "right"]],
  [["left", "low"]],
  [],
];
/** A saddle whose middle is above the level connects the other edges. */
const OTHER_SADDLE: Readonly<Record<number, number>> = { 5: 10, 10: 5 };

/** Returns the contour at `level` of a plane of `size` by `size` values. Cells with NaN have none. */
export function contourOf(plane: Float64Array, size: number, level: number): Segment[] {
  const segments: Segment[] = [];
  for (let y = 0; y < size - 1; y++) {
    for (let x = 0; x < size - 1; x++) {
      const at = y * size + x;
      const [a, b, c, d] = [plane[at], plane[at + 1], plane[at + size + 1], plane[at + size]] as [
        number,
        number,
        number,
        number,
      ];
      const pointOn = (edge: Edge): readonly [number, number] => {
        if (edge === "low") return [x + crossing(a, b, level), y];
        if (edge === "high") return [x + crossing(d, c, level), y + 1];
        return edge === "left" ? [x, y + crossing(a, d, level)] : [x + 1, y + crossing(b, c, level)];
      };
      for (const [from, to] of CROSSINGS[caseOf(a, b, c, d, level)] ?? []) segments.push([...pointOn(from), ...pointOn(to)]);
    }
  }
  return segments;
}

function caseOf(a: number, b: number, c: number, d: number, level: number): number {
  if (Number.isNaN(a + b + c + d)) return 0;
  const found = (a > level ? 1 : 0) | (b > level ? 2 : 0) | (c > level ? 4 : 0) | (d > level ? 8 : 0);
  const other = OTHER_SADDLE[found];
  return other !== undefined && (a + b + c + d) / 4 > level ? other : found;
}

const crossing = (from: number, to: number, level: number): number => (level - from) / (to - from);
