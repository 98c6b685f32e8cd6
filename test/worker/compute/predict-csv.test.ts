import { describe, expect, it } from "vitest";
import type { Model } from "../../../src/domain/models/model.ts";
import { readCsvRows } from "../../../src/worker/compute/predict-csv.ts";

/** A model of three columns of labels: nothing but their names tells a row of names from one to predict. */
const columns = ["a", "b", "c"].map((column) => ({ column, kind: "category", categories: [] }));
const model = { preprocessing: { columns, targets: [] }, inputWidth: 3 } as unknown as Model;

async function read(text: string, reader = model) {
  const block = { bytes: new TextEncoder().encode(text), firstLine: 1, reading: null };
  const { head, rows } = await readCsvRows(reader, block, { format: "csv", header: "auto" } as Parameters<
    typeof readCsvRows
  >[2]);
  return [head, ...rows.map(({ text: row, line }) => `${line}: ${row}`)];
}

describe("rows of CSV to predict", () => {
  it("lose no row, however few cells the first one has and whatever stands below it", async () => {
    expect(await read(",,\n\nx,y,z\nu,v,w\n")).toEqual([null, "1: ,,", "3: x,y,z", "4: u,v,w"]);
    expect(await read("x,,\n\nu,v,w\nq,r,s\n")).toEqual([null, "1: x,,", "3: u,v,w", "4: q,r,s"]);
    expect(await read("x,,\n")).toEqual([null, "1: x,,"]);
  });

  it("keep a first row whose numbers are all missing, and drop one of units", async () => {
    const reading = { missing: ["n.k."] };
    const [, ...labels] = columns;
    const measured = ["a", "b"].map((column) => ({ column, kind: "numeric", reading }));
    const preprocessing = { columns: [...measured, ...labels.slice(1)], targets: [] };
    const reader = { preprocessing, inputWidth: 3 } as unknown as Model;
    const rows = "1,2,x\n2,3,y\n3,4,x\n";
    expect(await read(`a,b,c\nn.k.,n.k.,x\n${rows}`, reader)).toHaveLength(5);
    expect(await read(`a,b,c\nkg,n.k.,x\n${rows}`, reader)).toHaveLength(4);
    expect(await read(`a,b,c\nkg,m,\n${rows}`, reader)).toHaveLength(4);
  });

  it("may have a title above the model's names, which is left out", async () => {
    expect(await read("Report\n\nc,b,a\nx,y,z\n")).toEqual(["c,b,a", "4: x,y,z"]);
    expect(await read("Report,,\nC,B,A\nx,y,1\nx,y,2\n")).toEqual(["C,B,A", "3: x,y,1", "4: x,y,2"]);
  });

  it("may have what the table had beside its rows: repeated names, units, an empty last column", async () => {
    expect(await read("a,b,c\nx,y,z\na,b,c\nu,v,w\n")).toEqual(["a,b,c", "2: x,y,z", "4: u,v,w"]);
    expect(await read("a,b,c\n,[m],[kg]\nx,1,2\ny,2,3\nz,3,4\n")).toEqual(["a,b,c", "3: x,1,2", "4: y,2,3", "5: z,3,4"]);
    expect(await read("a,b,c,\nx,y,z,\n")).toEqual(["a,b,c,", "2: x,y,z,"]);
    expect(await read("a;b;c\nx;y;z;\n")).toEqual(["a;b;c", "2: x;y;z;"]);
  });

  it("with a name twice are read by the names that the table got", async () => {
    const named = ["a", "b", "a_2"].map((column) => ({ column, kind: "category", categories: ["x", "y", "z"] }));
    const twice = { preprocessing: { columns: named, targets: [] }, inputWidth: 3 } as unknown as Model;
    const block = { bytes: new TextEncoder().encode("a,b,a\nx,y,z\n"), firstLine: 1, reading: null };
    const options = { format: "csv", header: "auto" } as Parameters<typeof readCsvRows>[2];
    expect((await readCsvRows(twice, block, options)).rows.map(({ instance }) => instance)).toEqual([["x", "y", "z"]]);
  });
});
