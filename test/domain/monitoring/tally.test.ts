import { describe, expect, it } from "vitest";
import { binOf, layoutOf } from "../../../src/domain/monitoring/layout.ts";
import { createTally } from "../../../src/domain/monitoring/tally.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";

const CATEGORIES = ["a", "b", "c", "d"];
const EDGES = [[], [0], [-1, 0, 1], [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5]];
const model = {
  id: "mdl_1",
  inputWidth: EDGES.length + 1,
  classes: ["no", "yes"],
  preprocessing: {
    columns: [
      ...EDGES.map((_, index) => ({ kind: "numeric", column: `n${index}` })),
      { kind: "category", column: "c", categories: CATEGORIES },
    ],
    targets: [],
  },
  reference: {
    rows: 1,
    columns: [
      ...EDGES.map((edges) => ({ edges, counts: new Array(edges.length + 2).fill(0) })),
      { labels: ["b", "d"], counts: [0, 0, 0, 0, 0] },
    ],
    answers: { part: "test", rows: 1, columns: [{ labels: ["no", "yes"], counts: [0, 0, 0, 0, 0] }] },
  },
} as never;

const random = createRandom(streamKey(3, "tally"));
const below = (bound: number) => Math.floor(bound * random.uniform());
const ODD = [Number.NaN, 0, -0, 2.5, -1, 1e300, -1e300];
function drawRow(): number[] {
  const odd = ODD[below(14)];
  const numbers = EDGES.map(() => odd ?? Math.floor(12 * random.uniform()) / 2 - 3);
  return [...numbers, odd !== undefined && Number.isNaN(odd) ? odd : below(CATEGORIES.length + 1) - 1];
}

describe("a tally", () => {
  it("bins as the reference is binned, whatever the sizes of requests and wherever one is refused", () => {
    const layout = layoutOf(model);
    const tally = createTally(model);
    if (!layout || !tally) throw new Error("the model is not monitored");
    const { seen } = tally;
    let expected = new Float64Array(layout.size);
    let rows = 0;
    for (let request = 0; request < 300; request++) {
      const isRight = below(4) > 0;
      // Past the rows that wait together, and single ones.
      const asked = Array.from({ length: [1, 3, 64, 200][below(4)] as number }, drawRow);
      for (const row of asked) {
        row.forEach((value, column) => {
          seen.values[seen.at + column] = value;
          const own = layout.inputs[column];
          if (!own || !isRight) return;
          const place = own.offset + binOf(own, value);
          expected[place] = (expected[place] as number) + 1;
        });
        seen.next();
      }
      if (isRight) {
        tally.commit(asked.length);
        rows += asked.length;
      } else tally.discard();
      if (below(10) === 0 && rows > 0) {
        expect(tally.take()).toEqual({ rows, counts: expected });
        expected = new Float64Array(layout.size);
        rows = 0;
      }
    }
    expect(tally.take()).toEqual(rows > 0 ? { rows, counts: expected } : null);
    expect(tally.take()).toBeNull();
  });

  it("counts answers", () => {
    const tally = createTally(model);
    const offset = layoutOf(model)?.answers[0]?.offset ?? 0;
    for (const place of [1, 1, 0]) tally?.answer(0, place);
    tally?.answer(1, 0);
    tally?.commit(3);
    expect([...(tally?.take()?.counts ?? [])].slice(offset)).toEqual([1, 2, 0, 0, 0]);
  });
});
