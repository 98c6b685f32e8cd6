import { describe, expect, it } from "vitest";
import type { Context } from "../../src/cli/context.ts";
import { printNotes } from "../../src/cli/notes.ts";
import type { Note } from "../../src/client/index.ts";

const note = (cure: string, column: string | null = null): Note => ({
  code: "missing_codes",
  ...{ column, line: null, detail: "", cure },
});

/** What the terminal shows of a note's cure. */
function cureInOptions(shown: Note): string {
  const lines: string[] = [];
  const plain = (text: string) => text;
  const err = { print: (line: string) => lines.push(line), paint: { yellow: plain, dim: plain } };
  printNotes({ err: err as unknown as Context["err"] }, [shown]);
  return /\((.*)\)$/.exec(lines.join())?.[1] ?? "";
}

describe("the cure of a note in a terminal", () => {
  it.each([
    [
      'if those numbers mean a missing value, upload the file with missing={"age":["77","99"]}',
      "if those numbers mean a missing value, add --missing 'age=77, age=99'",
    ],
    [
      "upload the file with missing=NA,No answer to leave these rows out",
      "add --missing 'NA, No answer' to leave these rows out",
    ],
    [
      'upload the file with types={"How \\"old\\"?":"number"} if it is a unit',
      "add --types 'How \"old\"?=number' if it is a unit",
    ],
    ["upload the file with skip_lines=0 if that is wrong", "add --skip-lines 0 if that is wrong"],
    ["upload the file with rows=all if that is wrong", "add --rows all if that is wrong"],
    ["upload the file with date_format=dmy if that is wrong", "add --date-format dmy if that is wrong"],
    ["upload the file with decimal=,&thousands=point if that is wrong", "add --decimal , --thousands point if that is wrong"],
    [
      'hold out the last rows if you want to predict later ones: "split": {"time": "Paid at"}',
      "hold out the last rows if you want to predict later ones: --time 'Paid at'",
    ],
    ['hold out whole groups: "split": {"group": "device"}', "hold out whole groups: --group device"],
    ['set "task": "regression" to predict them as numbers', "add --task regression to predict them as numbers"],
    [
      'list them in missing=, or add types={"code":"category"} if it is a column of labels',
      "list them in missing=, or add --types 'code=category' if it is a column of labels",
    ],
  ])("%s", (cure, expected) => {
    expect(cureInOptions(note(cure))).toBe(expected);
  });

  it("names the column that is left out", () => {
    const cure = "leave it out (features) if it is not known before y is";
    expect(cureInOptions(note(cure, "the end"))).toBe("leave it out with --exclude 'the end' if it is not known before y is");
  });

  it("names all columns that are left out", () => {
    const cure = (names: string[]) => `leave them out ("exclude": ${JSON.stringify(names)}) if they are not known before y is`;
    expect(cureInOptions(note(cure(["the end", "b"])))).toBe(
      "leave them out with --exclude 'the end,b' if they are not known before y is",
    );
    expect(cureInOptions(note(cure(["a,b", "c"])))).toBe(cure(["a,b", "c"]));
  });

  it("stays as it is where no option can say it", () => {
    const cures = [
      'upload the file with missing={"a, b":["99"]}',
      'upload the file with missing={"a":["]}"]}',
      `leave them out ("exclude": ${JSON.stringify(['a"])', "b"])}) if they are not known before y is`,
    ];
    for (const cure of cures) expect(cureInOptions(note(cure))).toBe(cure);
  });
});
