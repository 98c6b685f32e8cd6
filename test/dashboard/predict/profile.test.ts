import { describe, expect, it } from "vitest";
import type { Model, PredictionAnswer } from "../../../src/client/answers.ts";
import { profilesOf, variedRows } from "../../../src/dashboard/predict/profile.ts";

const input = (name: string, type: string, categories: readonly string[] | null = null) => ({
  name,
  type,
  categories,
  usual: null,
  spread: null,
});
const MODEL = {
  inputs: [
    input("area", "number"),
    input("rooms", "integer"),
    input("city", "category", ["Bonn", "Köln"]),
    input("isNew", "boolean"),
    input(
      "street",
      "category",
      Array.from({ length: 13 }, (_, index) => `street ${index}`),
    ),
    input("sold", "datetime"),
  ],
} as unknown as Model;
const TEXTS = ["80", "3", "Bonn", "true", "street 1", "2026-01-02"];
const REACHES = [{ min: 20, max: 140 }, { min: 1, max: 5 }, null, null, null, null];

describe("rows that vary one field", () => {
  it("go over the range of a number, each whole number once, and each of a few categories, and keep the rest", () => {
    const { instances, spans } = variedRows(MODEL, TEXTS, REACHES);
    expect(spans.map(({ input: index, values }) => [index, values.length])).toEqual([
      [0, 25],
      [1, 5],
      [2, 2],
      [3, 2],
    ]);
    expect(instances).toHaveLength(34);
    expect([instances[0], instances[24]]).toEqual([
      [20, 3, "Bonn", "true", "street 1", "2026-01-02"],
      [140, 3, "Bonn", "true", "street 1", "2026-01-02"],
    ]);
    expect(instances.slice(25, 30).map((row) => row[1])).toEqual([1, 2, 3, 4, 5]);
    expect(instances.slice(30).map((row) => [row[0], row[2], row[3]])).toEqual([
      [80, "Bonn", "true"],
      [80, "Köln", "true"],
      [80, "Bonn", "false"],
      [80, "Bonn", "true"],
    ]);
  });

  it("are none where no field can be varied", () => {
    expect(
      variedRows(
        MODEL,
        TEXTS,
        REACHES.map(() => null),
      ).spans.map((span) => span.input),
    ).toEqual([2, 3]);
    expect(variedRows({ inputs: null } as unknown as Model, [], []).instances).toEqual([]);
  });
});

describe("profiles", () => {
  const rows = variedRows(
    MODEL,
    TEXTS,
    REACHES.map(() => null),
  );

  it("share one scale of values, and leave out what is not finite", () => {
    const answers = [1, 3, 2, "NaN"].map((value) => ({ value })) as unknown as PredictionAnswer[];
    const profiles = profilesOf(rows, answers, null);
    expect(profiles.get(2)).toEqual({ values: ["Bonn", "Köln"], answers: [1, 3], heights: [0, 1] });
    expect(profiles.get(3)).toMatchObject({ answers: [2, null], heights: [0.5, 0] });
  });

  it("are of the probability of a class, between 0 and 1", () => {
    const answers = [0.9, 0.6, 0.9, 0.2].map((share) => ({
      label: share > 0.5 ? "yes" : "no",
      probabilities: { no: 1 - share, yes: share },
    })) as unknown as PredictionAnswer[];
    expect(profilesOf(rows, answers, "yes").get(2)?.heights).toEqual([0.9, 0.6]);
    expect(profilesOf(rows, answers, "no").get(3)?.heights).toEqual([1 - 0.9, 1 - 0.2]);
  });

  it("have the mean over rows that trained on the same scale, where it is known", () => {
    const answers = [1, 3, 2, 2].map((value) => ({ value })) as unknown as PredictionAnswer[];
    const mean = [{ value: 5 }, { value: 3 }];
    const city = { column: "city", type: "category" as const, values: ["Bonn", "Köln"], mean };
    const profiles = profilesOf(rows, answers, null, new Map([[2, city]]));
    expect(profiles.get(2)).toMatchObject({ heights: [0, 0.5], mean: { values: ["Bonn", "Köln"], heights: [1, 0.5] } });
    expect(profiles.get(3)).not.toHaveProperty("mean");
  });
});
