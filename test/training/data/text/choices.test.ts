import { expect, it } from "vitest";
import { createRandom, streamKey } from "../../../../src/engine/index.ts";
import { findChoices } from "../../../../src/training/data/text/choices.ts";
import { createPredictor } from "../../../../src/training/predict/predict.ts";
import { datasetOf } from "../../dataset.ts";
import { modelRecord, prepare, train } from "../../train.ts";

/** All combinations of some choices, without the empty one. */
const combined = (choices: readonly string[], separator: string): string[] =>
  Array.from({ length: 2 ** choices.length - 1 }, (_, set) =>
    choices.filter((__, bit) => ((set + 1) >> bit) & 1).join(separator),
  );
const CHANNELS = ["Chat", "Email", "Phone", "Shop visit"];

it.each([";", "|", ", ", ",", "/", "; "])("finds choices between %j", (separator) => {
  const labels = combined(CHANNELS, separator);
  expect(findChoices(labels)).toBe(`Chat${separator}Email`);
});

const count = (many: number, label: (place: number) => string): string[] =>
  Array.from({ length: many }, (_, place) => label(place));

it.each([
  ["few labels", combined(["a", "b", "c"], ";")],
  ["plain labels", count(40, (place) => `label ${place}`)],
  ["names", count(40, (place) => `Smith${place}, John${place % 7}`)],
  ["towns and countries", count(40, (place) => `Town ${place}, ${["France", "Spain"][place % 2]}`)],
  ["paths", count(40, (place) => `home/user${place}/notes`)],
  ["dates", count(60, (place) => `${(place % 28) + 1}/${(place % 12) + 1}/${1990 + place}`)],
  ["repeated parts", count(40, (place) => `${place % 4};${place % 4};${place}`)],
  ["few lists among labels", [...count(90, (place) => `label ${place}`), ...combined(CHANNELS, ";")]],
  ["sentences", count(40, (place) => `I came ${place} times, which ${"was ".repeat(20)}nice`)],
])("finds none among %s", (_, labels) => {
  expect(findChoices(labels)).toBeNull();
});

it("is learned from by the words of the choices in a search, which says so, and combinations that are new are no riddle", () => {
  const random = createRandom(streamKey(1, "choices"));
  const labels = combined(["Chat", "Email", "Phone", "Post", "Shop visit"], ";");
  const isHeld = (label: string) => label === "Chat;Email;Post" || label === "Phone;Shop visit";
  const rows = Array.from({ length: 240 }, () => labels[Math.floor(random.uniform() * labels.length)] as string).filter(
    (label) => !isHeld(label),
  );
  const yes = (label: string) =>
    label.includes("Email") !== label.includes("Phone") ? label.includes("Email") : label.includes("Post");
  const dataset = datasetOf({
    channels: rows,
    age: rows.map(() => 20 + Math.round(50 * random.uniform())),
    stays: rows.map((label) => (yes(label) ? "yes" : "no")),
  });
  const spec = { data: { dataset: { id: "ds_1", target: "stays" } }, model: { auto: { trials: 2 } }, seed: 3 };
  const prepared = prepare(spec, {}, dataset);
  expect(prepared.ok && prepared.notes).toContainEqual(
    expect.objectContaining({
      code: "choices_in_cells",
      column: "channels",
      detail: expect.stringContaining("its words are the features"),
    }),
  );
  const { result } = train(spec, { dataset });
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  const model = modelRecord(result.model);
  expect(model.preprocessing?.columns.map(({ column, kind }) => [column, kind])).toEqual([
    ["channels", "text"],
    ["age", "numeric"],
  ]);
  const asked = ["Chat;Email;Post", "Phone;Shop visit"].map((channels) => ({ channels, age: 40 }));
  expect(createPredictor(model, result.weights).predict(asked)).toMatchObject({
    predictions: [{ label: "yes" }, { label: "no" }],
  });
});
