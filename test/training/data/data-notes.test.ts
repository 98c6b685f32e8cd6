import { describe, expect, it } from "vitest";
import type { Column, ColumnValues, DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import type { JobNoteCode } from "../../../src/domain/notes.ts";
import { type Parts, type SplitResult, splitPresent, splitRows } from "../../../src/training/data/split.ts";
import { prepare } from "../train.ts";

const ROWS = 100;

/** A column of `ROWS` values, of which `missing` are none. */
function column(
  name: string,
  values: ColumnValues,
  type: Column["type"],
  categories: string[] | null = null,
): [Column, ColumnValues] {
  const present = [...values].filter((value) => (values instanceof Int32Array ? value >= 0 : !Number.isNaN(value)));
  return [
    { name, type, missing: ROWS - present.length, distinct: new Set(present).size, statistics: null, top: [], categories },
    values,
  ];
}

const numbers = (value: (row: number) => number) => Float64Array.from({ length: ROWS }, (_, row) => value(row));
const codes = (value: (row: number) => number) => Int32Array.from({ length: ROWS }, (_, row) => value(row));

function dataset(...columns: [Column, ColumnValues][]): DatasetRows {
  const values = columns.filter(([{ type }]) => type !== "text").map(([{ name }, own]) => [name, own] as const);
  return { rows: ROWS, sha256: "", columns: columns.map(([each]) => each), values: new Map(values) };
}

const x = column(
  "x",
  numbers((row) => (row * 7) % 11),
  "number",
);
const layers = [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear" }];

function notesOf(data: DatasetRows, rest: object = {}) {
  const prepared = prepare({ data: { dataset: { id: "ds_x", target: "y" } }, model: { layers }, epochs: 1, ...rest }, {}, data);
  if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
  return prepared;
}

const CHANNELS = ["Chat", "Email", "Phone", "Post"];
const COMBINATIONS = Array.from({ length: 15 }, (_, set) =>
  CHANNELS.filter((__, bit) => ((set + 1) >> bit) & 1).join(";"),
).sort();

interface Planted {
  readonly data: DatasetRows;
  readonly detail: RegExp;
}

/** A table for each code that has what the note is about, and nothing else. */
const PLANTED: Readonly<Record<JobNoteCode, Planted>> = {
  rows_without_target: {
    data: dataset(
      x,
      column(
        "y",
        numbers((row) => (row % 10 === 0 ? Number.NaN : row)),
        "number",
      ),
    ),
    detail: /^10 of 100 rows have no y/,
  },
  task_guessed: {
    data: dataset(
      x,
      column(
        "y",
        numbers((row) => row % 3),
        "integer",
      ),
    ),
    detail: /3 different whole numbers.*read as classes/,
  },
  choices_in_cells: {
    data: dataset(
      column(
        "c",
        codes((row) => row % COMBINATIONS.length),
        "category",
        COMBINATIONS,
      ),
      column(
        "y",
        numbers((row) => row / 3),
        "number",
      ),
    ),
    detail: /^c has several choices in one cell, such as "Chat;Email": each combination is a label of its own$/,
  },
  text_left_out: {
    data: dataset(
      x,
      column(
        "words",
        numbers(() => 0),
        "text",
      ),
      column(
        "y",
        numbers((row) => row / 3),
        "number",
      ),
    ),
    detail: /^words is text/,
  },
  column_without_values: {
    data: dataset(
      x,
      column(
        "e",
        numbers(() => Number.NaN),
        "number",
      ),
      column(
        "y",
        numbers((row) => row / 3),
        "number",
      ),
    ),
    detail: /^e has no value/,
  },
  constant_column: {
    data: dataset(
      x,
      column(
        "c",
        numbers(() => 5),
        "number",
      ),
      column(
        "y",
        numbers((row) => row / 3),
        "number",
      ),
    ),
    detail: /^c has the same value in every row/,
  },
  id_like_column: {
    data: dataset(
      x,
      column(
        "id",
        numbers((row) => row + 1000),
        "integer",
      ),
      column(
        "y",
        numbers((row) => ((row * 37) % 101) / 3),
        "number",
      ),
    ),
    detail: /^id has a different value in every row/,
  },
  rows_have_times: {
    data: dataset(
      x,
      column(
        "at",
        numbers((row) => row * 86_400_000),
        "datetime",
      ),
      column(
        "y",
        numbers((row) => ((row * 37) % 101) / 3),
        "number",
      ),
    ),
    detail: /^rows have times \(at\) and stand in their order, but/,
  },
  rows_have_groups: {
    data: dataset(
      x,
      column(
        "Patient ID",
        numbers((row) => row % 20),
        "integer",
      ),
      column(
        "y",
        numbers((row) => ((row * 37) % 101) / 3),
        "number",
      ),
    ),
    detail: /^rows may belong together by Patient ID \(20 different values\)/,
  },
  class_may_be_missing: {
    data: dataset(
      x,
      column(
        "y",
        codes((row) => (row * 7) % 3),
        "category",
        ["no", "pending", "yes"],
      ),
    ),
    detail: /^"pending" is a class of y, but may mean that it is not known$/,
  },
  column_predicts_target: {
    data: dataset(
      x,
      column(
        "later",
        numbers((row) => 5 - row * 2),
        "number",
      ),
      column(
        "y",
        numbers((row) => row / 3),
        "number",
      ),
    ),
    detail: /^later alone predicts y \(r² 1\)$/,
  },
  rare_class: {
    data: dataset(
      x,
      column(
        "y",
        codes((row) => (row < 5 ? 0 : 1 + (row % 2))),
        "category",
        ["a", "b", "c"],
      ),
    ),
    detail: /a \(5\)/,
  },
  imbalanced_classes: {
    data: dataset(
      x,
      column(
        "y",
        codes((row) => (row % 10 === 0 ? 0 : 1)),
        "category",
        ["no", "yes"],
      ),
    ),
    detail: /^90 % of the rows are yes/,
  },
};

describe("notes on the data of a job", () => {
  for (const [code, { data, detail }] of Object.entries(PLANTED)) {
    it(`have ${code} where it is planted, with a cure, and nothing else`, () => {
      const { notes } = notesOf(data);
      expect(notes).toEqual([
        { code, column: expect.any(String), line: null, detail: expect.stringMatching(detail), cure: expect.any(String) },
      ]);
    });
  }

  describe("on times", () => {
    const day = 86_400_000;
    const shuffled = (row: number) => (row * 37) % 101;
    const y = column(
      "y",
      numbers((row) => ((row * 53) % 101) / 3),
      "number",
    );
    const spread = (days: number): Column["statistics"] => ({
      ...{ min: 0, max: days * day, mean: 0, sd: 1, histogram: { edges: [0, 1], counts: [1] } },
      quantiles: { q05: 0, q25: 0, q50: 0, q75: 0, q95: days * day },
    });
    const dated = (name: string, days: (row: number) => number, span: number): [Column, ColumnValues] => {
      const [about, values] = column(
        name,
        numbers((row) => days(row) * day),
        "datetime",
      );
      return [{ ...about, statistics: spread(span) }, values];
    };
    const noted = (...dates: [Column, ColumnValues][]) =>
      notesOf(dataset(x, ...dates, y)).notes.filter(({ code }) => code === "rows_have_times");

    it.each([
      ["rising", dated("at", (row) => row, 20_000)],
      ["falling, nearly", dated("at", (row) => (row % 20 ? 5000 - row : 9000), 20_000)],
      ["one series below another", dated("at", (row) => row % 50, 50)],
    ])("say that rows are in their order: %s", (_, at) => {
      expect(noted(at)).toMatchObject([
        { column: "at", detail: expect.stringMatching(/^rows have times \(at\) and stand in their order/) },
      ]);
    });

    it("ask where they are in none, and could be those of events", () => {
      const [note, ...others] = noted(dated("order_date", shuffled, 700));
      expect(others).toEqual([]);
      expect(note?.detail).toMatch(/^rows may have times \(order_date\), but/);
      expect(note?.cure).toMatch(/^if order_date is when each row came about .*: "split": {"time": "order_date"}$/);
    });

    it("prefer those that rows are in the order of", () => {
      expect(
        noted(
          dated("a", shuffled, 700),
          dated("b", (row) => row, 100),
        ),
      ).toMatchObject([{ column: "b" }]);
    });

    it.each([
      "date_of_birth",
      "BirthDate",
      "DOB",
      "Geburtsdatum",
      "date de naissance",
      "生年月日",
      "дата рождения",
      "data_urodzenia",
      "expiry",
      "valid_until",
    ])("are none about dates of a person or thing: %s", (name) => {
      expect(
        noted(
          dated(name, shuffled, 400),
          dated(name, (row) => row, 20_000),
        ),
      ).toEqual([]);
    });

    it("are none about dates over decades in no order", () => {
      expect(noted(dated("hired", shuffled, 12_000))).toEqual([]);
    });
  });

  it("are none for a table that is in order", () => {
    expect(
      notesOf(
        dataset(
          x,
          column(
            "y",
            numbers((row) => row / 3),
            "number",
          ),
        ),
      ).notes,
    ).toEqual([]);
  });
});

describe("rows without a target", () => {
  it("are counted out, and neither trained on nor held out", () => {
    const gaps = dataset(
      x,
      column(
        "y",
        numbers((row) => (row % 10 === 0 ? Number.NaN : row)),
        "number",
      ),
    );
    expect(notesOf(gaps).rows).toBe(90);
    const nothing = column(
      "y",
      numbers(() => Number.NaN),
      "number",
    );
    expect(
      prepare({ data: { dataset: { id: "ds_x", target: "y" } }, model: { layers }, epochs: 1 }, {}, dataset(x, nothing)),
    ).toMatchObject({
      ok: false,
      errors: [{ pointer: "/data/dataset/target", detail: "y has no value in any row" }],
    });
  });

  it("leave the others split as a table of these alone is", () => {
    const partOf = (result: SplitResult, part: keyof Parts) => (result.ok ? [...result.parts[part]] : []);
    const present = Int32Array.of(1, 2, 4, 5, 7, 9, 11, 12, 20, 21);
    const classes = Int32Array.from({ length: 22 }, (_, row) => row % 2);
    for (const split of [null, { validation: 0.3, test: 0.2 }, { validation: 0.3, test: 0, stratify: true }]) {
      const parts = splitPresent(present, 22, split, 3, { classes, column: null });
      const alone = splitRows(present.length, split, 3, { classes: Int32Array.from(present, (row) => row % 2), column: null });
      for (const part of ["train", "validation", "test"] as const)
        expect(partOf(parts, part)).toEqual(partOf(alone, part).map((place) => present[place]));
    }
    const given = { validation_rows: [0, 2, 9], test_rows: [21] };
    expect(splitPresent(present, 22, given, 0, { classes, column: null })).toMatchObject({
      parts: { validation: Int32Array.of(2, 9), test: Int32Array.of(21) },
    });
  });
});

describe("notes of a search", () => {
  const search = { epochs: undefined, model: { auto: { trials: 2 } } };
  const y = column(
    "y",
    numbers((row) => ((row * 53) % 101) / 3),
    "number",
  );

  it("say which labels count as one", () => {
    const repeated = (own: ColumnValues) => Float64Array.from({ length: 8000 }, (_, row) => own[row % ROWS] as number);
    const labels = Array.from({ length: 4200 }, (_, code) => `l${String(code).padStart(4, "0")}`);
    const small = dataset(
      x,
      y,
      column(
        "place",
        codes((row) => row),
        "category",
        labels,
      ),
    );
    const values = new Map<string, ColumnValues>([...small.values].map(([name, own]) => [name, repeated(own)] as const));
    values.set(
      "place",
      Int32Array.from({ length: 8000 }, (_, row) => (row < 3800 ? row % 3 : row - 3800)),
    );
    const { notes, spec } = notesOf({ ...small, rows: 8000, values }, search);
    expect(notes).toMatchObject([
      { code: "rare_labels", column: "place", detail: expect.stringContaining("the 3 most frequent") },
    ]);
    expect(spec.preprocess).toMatchObject({ columns: { place: { max_categories: 3 } } });
  });

  it("name what a search can do for a rare class", () => {
    const rare = column(
      "y",
      codes((row) => (row % 10 === 0 ? 0 : 1)),
      "category",
      ["no", "yes"],
    );
    expect(notesOf(dataset(x, rare), search).notes).toMatchObject([
      { cure: expect.stringContaining('"decision": {"maximize": "f1"}') },
    ]);
  });
});
