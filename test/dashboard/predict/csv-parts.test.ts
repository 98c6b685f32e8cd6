import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readBatchAnswer } from "../../../src/client/batch-answer.ts";
import { ApiError } from "../../../src/client/error.ts";
import { csvParts, cutOf } from "../../../src/dashboard/predict/csv-parts.ts";
import { predictFile } from "../../../src/dashboard/predict/predict-file.ts";
import { textOf } from "../../../src/dashboard/predict/stream-text.ts";
import { asProblem } from "../../../src/dashboard/shell/problem.ts";

const cell = fc.oneof(
  fc.integer().map(String),
  fc.constantFrom('"a\nb"', '"say ""so"""', "plain", "größe", "\u{1f427}", '"\r\n"'),
);
const table = fc.array(
  fc.tuple(cell, cell).map((cells) => cells.join(",")),
  { minLength: 1, maxLength: 40 },
);

const partsOf = async (text: string, size: number) => {
  const parts = [];
  for await (const part of csvParts(new Blob([text]), size)) parts.push(part);
  return parts;
};

describe("parts of a CSV", () => {
  it("are the file again, and end where a row does", async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.integer({ min: 1, max: 60 }), async (rows, size) => {
        const text = `${rows.join("\n")}\n`;
        const parts = await partsOf(text, size);
        expect(parts.map((part) => part.text).join("")).toBe(text);
        const ends = new Set([0]);
        let end = 0;
        for (const row of rows) {
          end += row.length + 1;
          ends.add(end);
        }
        let at = 0;
        for (const part of parts) {
          at += part.text.length;
          expect(ends.has(at)).toBe(true);
        }
        expect(parts.at(-1)?.bytesRead).toBe(new Blob([text]).size);
      }),
    );
  });

  it("know the lines that they begin with", async () => {
    const parts = await partsOf('a,b\n1,"x\ny"\n2,z\n3,w\n', 5);
    expect(parts.map(({ firstLine, text }) => [firstLine, text.split(",")[0]])).toEqual([
      [1, "a"],
      [4, "2"],
    ]);
  });

  it("are not cut within a cell, however long it is", () => {
    expect(cutOf(`"${"line\n".repeat(50)}",1\n2,3\n`, 20)).toBe(255);
    expect(cutOf('"never ends\n'.repeat(1), 4)).toBe(0);
  });
});

const PROBLEM = { type: "about:blank", title: "Unprocessable Entity", status: 422, code: "invalid" };

describe("predicting a file", () => {
  const answerOf = (csv: string, header: boolean | undefined) =>
    csv
      .trimEnd()
      .split("\n")
      .map((line, index) => (header !== false && index === 0 && line.startsWith("a,") ? `${line},prediction` : `${line},yes`))
      .join("\n")
      .concat("\n");

  it.each([true, false])("gives each row once, with the names once where there are some: %s", async (named) => {
    const rows = Array.from({ length: 60_000 }, (_, row) => `${row},${row * 2}`);
    const file = new Blob([`${named ? "a,b\n" : ""}${rows.join("\n")}\n`]);
    const sent: (boolean | undefined)[] = [];
    const shares: number[] = [];
    const predicted = await predictFile(file, {
      send: async (csv, header) => {
        sent.push(header);
        return answerOf(csv, header);
      },
      signal: new AbortController().signal,
      onProgress: (share) => shares.push(share),
    });
    expect(predicted.rows).toBe(rows.length);
    expect(await predicted.csv.text()).toBe(
      `${named ? "a,b,prediction\n" : ""}${rows.map((row) => `${row},yes`).join("\n")}\n`,
    );
    expect(sent.length).toBeGreaterThan(1);
    expect(sent).toEqual([undefined, ...sent.slice(1).map(() => named)]);
    expect(shares.at(-1)).toBe(1);
  });

  it("says what to do with a workbook", async () => {
    const send = () => Promise.reject(new Error("sent"));
    const options = { send, signal: new AbortController().signal, onProgress: () => undefined };
    await expect(predictFile(new Blob(["PK\u0003\u0004 and more"]), options)).rejects.toThrow(/save the sheet/);
  });

  it("sends the names with every part, where a title stands above them or quotes around them", async () => {
    const rows = Array.from({ length: 60_000 }, (_, row) => `${row},${row * 2}\n`).join("");
    const sent: string[] = [];
    const predicted = await predictFile(new Blob([`Sales of 2025\n\n"a","b"\n${rows}`]), {
      send: async (csv) => {
        sent.push(csv);
        const below = csv.replace('Sales of 2025\n\n"a","b"\n', "").replace('"a","b"\n', "");
        return `a,b,prediction\n${below.replaceAll("\n", ",yes\n")}`;
      },
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    expect(sent.length).toBeGreaterThan(1);
    expect(sent.slice(1).every((csv) => csv.startsWith('"a","b"\n'))).toBe(true);
    expect(predicted.rows).toBe(60_000);
    expect((await predicted.csv.text()).split("\n").filter((line) => line === "a,b,prediction")).toHaveLength(1);
  });

  it.each([
    ["", 60_000],
    ["a,b\n", 60_001],
    ['"a\nb",c\n', 60_002],
  ])("says at which line of the file a row is wrong, below names %j", async (names, line) => {
    const file = new Blob([
      `${names}${Array.from({ length: 59_999 }, (_, row) => `${row},${row * 2}\n`).join("")}1,wrong\n1,2\n`,
    ]);
    let isProblem = false;
    const send = async (csv: string, header: boolean | undefined) => {
      const at = csv.split("\n").findIndex((row) => row.endsWith("wrong"));
      if (at < 0) return names === "" || header === false ? csv : csv.replace(names, `${names.trimEnd()},prediction\n`);
      const detail = `line ${at + 1}, column b: must be a finite number`;
      // Within the first block of what was sent it is a problem; later it is the last line.
      if (isProblem) throw new ApiError({ ...PROBLEM, detail, errors: [{ pointer: "", detail }] });
      return textOf(readBatchAnswer(new Blob([`0,1\r\n# error: ${detail}\n`]).stream(), "csv"));
    };
    const expected = `line ${line}, column b: must be a finite number`;
    for (isProblem of [true, false]) {
      const options = { send, signal: new AbortController().signal, onProgress: () => undefined };
      const problem = asProblem(await predictFile(file, options).catch((error: unknown) => error));
      expect(problem.detail).toBe(expected);
      expect(problem.errors ?? []).toEqual(isProblem ? [{ pointer: "", detail: expected }] : []);
    }
  });
});
