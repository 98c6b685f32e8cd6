import { describe, expect, it } from "vitest";
import { isWarning, type Warned, warningsOf } from "../../../src/dashboard/model-view/warnings.ts";
import type { Note, NoteCode } from "../../../src/domain/notes.ts";

const note = (code: NoteCode, column: string | null = "ticket"): Note => ({
  ...{ code, column, line: null, detail: `${code} of ${column}`, cure: "see to it" },
});
const job = (metrics: Warned["metrics"] = null, features = ["ticket", "age"]): Warned => ({
  spec: {
    epochs: 200,
    data: { dataset: { id: "ds_1", target: ["sold"], features, weights: null } },
  } as unknown as Warned["spec"],
  metrics,
});
const epoch = (number: number, val_loss: number) => ({ epoch: number, loss: 0.1, val_loss });

describe("the warnings of a model", () => {
  it("are its grave notes, the gravest first, and no others", () => {
    const codes: NoteCode[] = ["task_guessed", "rows_without_target", "rows_have_times", "column_predicts_target"];
    expect(
      warningsOf(
        job(),
        codes.map((code) => note(code)),
      ).map(({ title }) => title),
    ).toEqual(["A column gives the target away", "Rows may have times", "Rows were left out"]);
    expect(isWarning(note("task_guessed"))).toBe(false);
  });

  it("come with a job that does without what they warn of", () => {
    const spec = { data: { dataset: { id: "ds_1", target: "sold", features: ["ticket", "age"] } } };
    const changed = (code: NoteCode) => warningsOf(job(), [note(code)])[0]?.remedy?.change(spec);
    expect(changed("column_predicts_target")).toEqual({
      data: { dataset: { id: "ds_1", target: "sold", features: ["age"] } },
    });
    expect(changed("rows_have_times")).toMatchObject({ split: { time: "ticket", validation: 0.2 } });
    expect(changed("imbalanced_classes")).toBeUndefined();
  });

  it("come with a job without all columns that give the target away together", () => {
    const remedyOf = (names: string[], features: string[]) => {
      const cure = `leave them out ("exclude": ${JSON.stringify(names)}) if they are not known before sold is`;
      return warningsOf(job(null, features), [{ ...note("column_predicts_target", names[0]), cure }])[0]?.remedy;
    };
    const two = remedyOf(["casual", "registered"], ["casual", "registered", "age"]);
    expect(two?.label).toBe("Train without casual and registered");
    expect(two?.change({})).toEqual({ data: { dataset: { features: ["age"] } } });
    expect(remedyOf(["a", "b]", "c"], ["a", "b]", "c", "age"])?.label).toBe("Train without these 3 columns");
    expect(remedyOf(["casual", "registered"], ["registered", "age"])).toBeNull();
    expect(remedyOf(["casual", "registered"], ["casual", "registered"])).toBeNull();
  });

  it("name no job without a column that is the only one, or is left out already", () => {
    expect(warningsOf(job(null, ["ticket"]), [note("id_like_column")])[0]?.remedy).toBeNull();
    expect(warningsOf(job(null, ["age"]), [note("id_like_column")])[0]?.remedy).toBeNull();
  });

  it("say since when it overfits, and how to have the best epoch", () => {
    const [warning] = warningsOf(job({ final: {}, best: epoch(200, 0.9), lowest: epoch(40, 0.5) }), []);
    expect(warning).toMatchObject({ title: "It has overfitted since epoch 40", remedy: { label: "Use the best epoch" } });
    expect(warning?.remedy?.change({ seed: 1 })).toEqual({
      seed: 1,
      early_stopping: { monitor: "val_loss", patience: 200, min_delta: 0, restore_best: true },
    });
  });

  it.each([
    ["has the weights of the best epoch", { final: {}, best: epoch(40, 0.5), lowest: epoch(40, 0.5) }],
    ["is hardly worse than it", { final: {}, best: epoch(200, 0.505), lowest: epoch(40, 0.5) }],
    ["holds no rows out", { final: {}, best: { epoch: 9, loss: 2 }, lowest: { epoch: 4, loss: 1 } }],
    ["has not been trained", null],
  ])("say nothing of overfitting where the model %s", (_, metrics) => {
    expect(warningsOf(job(metrics as Warned["metrics"]), [])).toEqual([]);
  });
});
