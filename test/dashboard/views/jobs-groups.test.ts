/** Jobs in groups: what belongs together, in which order, and where each line lies. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Job } from "../../../src/client/answers.ts";
import { GROUPINGS, groupingOf, layOut } from "../../../src/dashboard/views/jobs/groups.ts";

const jobOn = (dataset: string | null, target: string, units: number): Job =>
  ({
    spec: {
      data: dataset ? { dataset: { id: dataset, target: [target], features: [] } } : { generator: { type: "moons" } },
      model: units > 0 ? { layers: [{ type: "linear", units }] } : { auto: { trials: 16 } },
      optimizer: { type: "adam" },
    },
  }) as unknown as Job;

const JOBS = new Map<string, Job>([
  ["a", jobOn("ds_1", "kind", 8)],
  ["b", jobOn("ds_2", "kind", 8)],
  ["c", jobOn("ds_1", "price", 0)],
  ["d", jobOn("ds_1", "kind", 4)],
  ["e", jobOn(null, "", 8)],
]);
const NAMES = new Map([
  ["ds_1", "shop"],
  ["ds_2", "iris"],
]);
const SIZES = { names: NAMES, rowPx: 50, headPx: 40 };
const jobOf = (id: string) => JOBS.get(id);
const written = (grouping: Parameters<typeof layOut>[2]["grouping"]) =>
  layOut([...JOBS.keys()], jobOf, { ...SIZES, grouping }).lines.map((line) =>
    line.kind === "group" ? `${line.title} (${line.count})` : `${line.id}${line.rank ?? ""}`,
  );

describe("the list of jobs", () => {
  it("is grouped by data, by target and by model, ranked within, the group of the first job first", () => {
    expect(written(null)).toEqual(["a", "b", "c", "d", "e"]);
    expect(written("data")).toEqual(["shop (3)", "a1", "c2", "d3", "iris (1)", "b1", "moons (1)", "e1"]);
    expect(written("target")).toEqual([
      ...["shop → kind (2)", "a1", "d2", "iris → kind (1)", "b1", "shop → price (1)", "c1", "moons (1)", "e1"],
    ]);
    expect(written("model")).toEqual(["8 · adam (3)", "a1", "b2", "e3", "search of 16 (1)", "c1", "4 · adam (1)", "d1"]);
    expect([groupingOf("model"), groupingOf("colour"), groupingOf(null)]).toEqual(["model", null, null]);
  });

  it("has every job once, and lines that follow one another without a gap", () => {
    const grouping = fc.constantFrom(null, ...GROUPINGS.map(({ value }) => value));
    fc.assert(
      fc.property(fc.shuffledSubarray([...JOBS.keys()]), grouping, (ids, by) => {
        const { lines, tops } = layOut(ids, jobOf, { ...SIZES, grouping: by });
        const jobs = lines.flatMap((line) => (line.kind === "job" ? line.id : []));
        expect(jobs.toSorted()).toEqual(ids.toSorted());
        lines.forEach(({ kind }, index) => {
          expect((tops[index + 1] as number) - (tops[index] as number)).toBe(kind === "job" ? 50 : 40);
        });
      }),
    );
  });
});
