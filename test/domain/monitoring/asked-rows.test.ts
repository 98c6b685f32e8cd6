import { expect, it } from "vitest";
import type { Prediction } from "../../../src/domain/models/model.ts";
import { createRowDraw, showAskedRow } from "../../../src/domain/monitoring/asked-rows.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";

const MODEL = {
  preprocessing: { columns: [{ column: "age" }, { column: "city" }] },
  classes: ["no", "yes"],
  task: "classification",
} as never;
const answers = (count: number): Prediction[] => Array.from({ length: count }, (_, value) => ({ value }));

it("draws every row as often as any other, and names its columns", () => {
  const random = createRandom(streamKey(5, "draw"));
  const times = new Array<number>(100).fill(0);
  for (let round = 0; round < 2000; round++) {
    const draw = createRowDraw({ preprocessing: null }, () => random.uniform());
    const rows = Array.from({ length: 100 }, (_, index) => [index]);
    draw.offer(rows.slice(0, 30), answers(30));
    draw.offer(rows.slice(30), answers(70));
    const drawn = draw.take();
    expect(drawn).toHaveLength(20);
    for (const { row } of drawn) times[JSON.parse(row)[0]] = (times[JSON.parse(row)[0]] ?? 0) + 1;
    expect(draw.take()).toEqual([]);
  }
  // 400 each, with a standard deviation of 18: six of them.
  for (const count of times) expect(Math.abs(count - 400)).toBeLessThan(110);
  const draw = createRowDraw(MODEL);
  draw.offer([[30, null], { city: "Bern" }, [1, "x".repeat(5000)]], answers(3));
  expect(draw.take()).toEqual([
    { row: '{"age":30,"city":null}', answer: 0 },
    { row: '{"city":"Bern"}', answer: 1 },
  ]);
});

it("keeps of a row what the model reads, and no row without an answer that is a number", () => {
  const draw = createRowDraw(MODEL);
  const row = JSON.parse('{"email":"ada@example.com","city":"Bern","__proto__":{"age":7}}') as object;
  draw.offer([row, { age: 1 }, { age: 2 }], [{ value: 1 }, { value: Number.NaN }, { value: Number.POSITIVE_INFINITY }]);
  expect(draw.take()).toEqual([{ row: '{"city":"Bern"}', answer: 1 }]);
});

it("shows a class by its name", () => {
  const kept = { number: 3, row: '{"age":30}', answer: 1, askedAt: 0 };
  const shown = { number: 3, asked_at: "1970-01-01T00:00:00.000Z", row: { age: 30 } };
  expect(showAskedRow(MODEL, kept)).toEqual({ ...shown, answer: "yes" });
  expect(showAskedRow({ task: "regression", classes: [] }, kept)).toEqual({ ...shown, answer: 1 });
});
