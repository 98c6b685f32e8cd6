/** Columns of text in jobs: what is taken in, and that a row means the same in training, evaluation and prediction. */
import { describe, expect, it } from "vitest";
import type { ColumnValues, DatasetRows } from "../../src/domain/datasets/dataset.ts";
import { preprocessing } from "../../src/domain/datasets/preprocessing.ts";
import { packTexts } from "../../src/domain/datasets/texts.ts";
import { encodeOnnx } from "../../src/formats/onnx/onnx.ts";
import { evaluateDataset } from "../../src/training/evaluate/evaluate-dataset.ts";
import { createPredictor } from "../../src/training/predict/predict.ts";
import { datasetOf } from "./dataset.ts";
import { modelRecord, prepare, train } from "./train.ts";

const ROWS = 160;
const WORDS = ["river", "bridge", "harbour", "meadow", "castle", "garden", "winter", "evening"];
const word = (at: number) => WORDS[at % WORDS.length] as string;
/** Two classes that a word tells apart. */
const notes = Array.from({ length: ROWS }, (_, row) =>
  row % 40 === 7 ? null : `The ${word(row * 7)}, ${row % 2 === 0 ? "drawn" : "Painted"} near a ${word(row * 3 + 1)}`,
);
const kinds = Array.from({ length: ROWS }, (_, row) => (row % 2 === 0 ? "paper" : "canvas"));
const sizes = Array.from({ length: ROWS }, (_, row) => ((row * 31) % 17) / 2);

/** A column of labels as the text that an upload keeps. */
function withText(dataset: DatasetRows, name: string, isKept = true): DatasetRows {
  const values = new Map<string, ColumnValues>(dataset.values);
  const column = dataset.columns.find((each) => each.name === name);
  const codes = values.get(name) as Int32Array;
  const texts = Array.from(codes, (code) => column?.categories?.[code] ?? null);
  if (isKept) values.set(name, packTexts(texts));
  else values.delete(name);
  const columns = dataset.columns.map((each) =>
    each.name === name ? { ...each, type: "text" as const, categories: null, ...(isKept && { kept: true as const }) } : each,
  );
  return { ...dataset, columns, values };
}

const dataset = withText(datasetOf({ size: sizes, note: notes, kind: kinds }), "note");
const given = (more: object = {}) => ({
  data: { dataset: { id: "ds_1", target: "kind", features: ["note", "size"] } },
  model: { layers: [{ type: "linear" }] },
  optimizer: { type: "adam", lr: 0.05 },
  epochs: 40,
  ...more,
});
const searched = (more: object = {}) => ({
  data: { dataset: { id: "ds_1", target: "kind" } },
  model: { auto: { trials: 3, folds: 2 } },
  ...more,
});

function found(spec: object, options: Parameters<typeof train>[1] = {}) {
  const run = train(spec, { dataset, ...options });
  if (run.result.state !== "succeeded") throw new Error(JSON.stringify(run.result));
  return { ...run, result: run.result };
}

function errorsOf(spec: object, of: DatasetRows) {
  const prepared = prepare(spec, {}, of);
  return prepared.ok ? [] : prepared.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);
}

function notesOf(spec: object, of: DatasetRows) {
  const prepared = prepare(spec, {}, of);
  return prepared.ok ? prepared.notes.map(({ code, column }) => `${column}: ${code}`) : [JSON.stringify(prepared.errors)];
}

describe("a column of text", () => {
  it.each([
    ["a given network that names it", given()],
    ["a search", searched()],
  ])("is learned from by %s, and means the same at prediction, in an evaluation and in a stored model", (_, spec) => {
    const { result } = found(spec);
    const { weights, evaluation } = result;
    const model = modelRecord({
      ...result.model,
      preprocessing: preprocessing.parse(structuredClone(result.model.preprocessing)),
    });
    const text = model.preprocessing?.columns.find(({ column }) => column === "note");
    expect(text).toMatchObject({ kind: "text", sublinear_tf: false });
    const asked = notes.map((note, row) => ({ note, size: sizes[row] as number }));
    const predicted = createPredictor(model, weights).predict(asked);
    if (!predicted.ok) throw new Error(JSON.stringify(predicted));
    const hits = predicted.predictions.filter((each, row) => "label" in each && each.label === kinds[row]).length;
    expect(hits / ROWS).toBeGreaterThan(0.95);
    const scored = evaluateDataset(model, weights, dataset);
    if (!scored.ok) throw new Error(JSON.stringify(scored.errors));
    expect(scored.evaluation).toMatchObject({ accuracy: hits / ROWS });
    // The same texts where a data set has them as labels.
    const labelled = evaluateDataset(model, weights, datasetOf({ size: sizes, note: notes, kind: kinds }));
    expect(labelled).toEqual(scored);
    const best = evaluation?.importance?.columns.toSorted((a, b) => (b.mean ?? 0) - (a.mean ?? 0));
    expect(best?.map(({ column }) => column)).toEqual(["note", "size"]);
    expect(() => encodeOnnx(model, weights)).toThrow(/takes the text of note, but ONNX has no operator/);
  });

  it("is left out by a given network that names no features, and a note says how to use it", () => {
    const spec = given({ data: { dataset: { id: "ds_1", target: "kind" } } });
    expect(notesOf(spec, dataset)).toEqual(["note: text_left_out"]);
    expect(notesOf(searched(), dataset)).toEqual([]);
    expect(notesOf(given(), dataset)).toEqual([]);
  });

  it("is left out by a search, or refused by its name, where its texts were not kept", () => {
    const older = withText(datasetOf({ size: sizes, note: notes, kind: kinds }), "note", false);
    expect(notesOf(searched(), older)).toEqual(["note: text_left_out"]);
    expect(errorsOf(given(), older)).toEqual([
      "/data/dataset/features/0 note is text that was not kept: upload the file again, with this column as a category if its texts were too long, or leave it out",
    ]);
  });

  it("takes the options of texts and no others, and labels may be texts", () => {
    const at = "/preprocess/columns/note/";
    expect(errorsOf(given({ preprocess: { columns: { note: { scale: "none" } } } }), dataset)).toEqual([
      `${at}scale is not an option of a text column`,
    ]);
    const narrow = found(given({ preprocess: { columns: { note: { max_features: 4, ngrams: "word" } } } })).result.model;
    expect(narrow.inputWidth).toBe(5);
    const labels = datasetOf({ size: sizes, note: notes, kind: kinds });
    const asText = given({ preprocess: { columns: { note: { encode: "text" } }, text: { ngrams: "word" } } });
    const { model } = found(asText, { dataset: labels }).result;
    expect(model.preprocessing?.columns[0]).toMatchObject({ kind: "text", vocabularies: [{ analyzer: "word" }] });
  });

  it("is read as texts whatever type a row has, and null as none", () => {
    const { model, weights } = found(given()).result;
    const predictor = createPredictor(modelRecord(model), weights);
    expect(predictor.predict([{ note: 1819, size: 1 }, { size: 1 }, ["painted", 1]]).ok).toBe(true);
    expect(predictor.predict([{ note: ["painted"], size: 1 }])).toMatchObject({
      ok: false,
      errors: [{ pointer: "/instances/0/note", detail: "must be a text, or null if it is missing" }],
    });
  });

  it("goes on from a checkpoint to the same bits in a search", () => {
    const spec = searched({ checkpoint: { every_epochs: 1, min_seconds: 0 } });
    const whole = found(spec);
    const [from] = whole.checkpoints;
    if (!from) throw new Error("there is no checkpoint");
    expect(found(spec, { from, epochsDone: from.epoch }).result.model.sha256).toBe(whole.result.model.sha256);
  });
});
