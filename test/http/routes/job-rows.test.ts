import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ModelInput, modelInputs } from "../../../src/domain/models/model-inputs.ts";
import { rowsAnswer } from "../../../src/http/openapi/response-schemas.ts";
import { openStagedApp, type StagedApp, submitJob } from "../staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterAll(() => staged.close());

const read = (id: string, limit?: number) =>
  staged.app.inject(`/v1/jobs/${id}/data${limit === undefined ? "" : `?limit=${limit}`}`);
const rowsOf = async (id: string, limit?: number) => rowsAnswer.parse((await read(id, limit)).json());
const counts = (parts: readonly string[]) => ({
  train: parts.filter((part) => part === "train").length,
  validation: parts.filter((part) => part === "validation").length,
  test: parts.filter((part) => part === "test").length,
});

async function upload(name: string, csv: string | Buffer): Promise<string> {
  const response = await staged.app.inject({
    method: "POST",
    url: `/v1/datasets?name=${name}`,
    payload: csv,
    headers: { "content-type": "text/csv" },
  });
  return response.json<{ id: string }>().id;
}

const layers = { model: { layers: [{ type: "linear" }] } };

describe("the rows of a job's data", () => {
  it("are those that a generator gives, with the part that each belongs to", async () => {
    const data = { generator: { type: "moons", samples: 200, seed: 7 } };
    const rows = await rowsOf(await submitJob(staged, { data, ...layers, split: { validation: 0.2, test: 0.1 } }));
    expect(rows).toMatchObject({ total: 200, returned: 200 });
    expect(rows.features.map(({ name }) => name)).toEqual(["0", "1"]);
    expect(new Set(rows.targets[0]?.values)).toEqual(new Set(["0", "1"]));
    expect(counts(rows.parts)).toEqual({ train: 140, validation: 40, test: 20 });
  });

  it("are inline rows as they came", async () => {
    const inline = { features: [[1.5], [2.5], [3.5]], targets: [10, 20, 30] };
    const rows = await rowsOf(await submitJob(staged, { data: { inline }, task: "regression", ...layers }));
    expect(rows.features).toEqual([{ name: "0", values: [1.5, 2.5, 3.5] }]);
    expect(rows.targets).toEqual([{ name: "target", values: [10, 20, 30] }]);
    expect(rows.parts).toEqual(["train", "train", "train"]);
  });

  it("of a data set are in the units of its columns: labels, times, and nulls", async () => {
    const lines = Array.from(
      { length: 20 },
      (_, row) => `${row === 3 ? "" : row},${row % 2 ? "red" : "blue"},2026-01-${10 + row},${row * 10}`,
    );
    const id = await upload("paints", `size,colour,day,price\n${lines.join("\n")}\n`);
    const split = { validation_rows: [0, 5], test_rows: [19] };
    const rows = await rowsOf(await submitJob(staged, { data: { dataset: { id, target: "price" } }, split, ...layers }));
    expect(rows.features.map(({ name, values }) => [name, values[3], values[4]])).toEqual([
      ["size", null, 4],
      ["colour", "red", "blue"],
      ["day", "2026-01-13T00:00:00.000Z", "2026-01-14T00:00:00.000Z"],
    ]);
    expect(rows.targets[0]?.values[19]).toBe(190);
    expect([rows.parts[0], rows.parts[1], rows.parts[5], rows.parts[19]]).toEqual([
      "validation",
      "train",
      "validation",
      "test",
    ]);
  });

  it("are thinned evenly to the limit, and fewer where they are wide", async () => {
    const data = { generator: { type: "linear", samples: 1000, noise: 0, slope: 1, intercept: 0 } };
    const rows = await rowsOf(await submitJob(staged, { data, ...layers }), 10);
    expect(rows).toMatchObject({ total: 1000, returned: 10 });
    const [first = Number.NaN, , third = Number.NaN] = (rows.features[0]?.values ?? []) as number[];
    expect(third - first).toBeCloseTo((10 * 200) / 999, 5);
    const blobs = { generator: { type: "blobs", samples: 4000, features: 200 } };
    const wide = await rowsOf(await submitJob(staged, { data: blobs, ...layers }), 5000);
    expect(wide.features).toHaveLength(64);
    expect(wide.returned).toBe(Math.floor(100_000 / 65));
  });

  it("keep their parts where the split names so many that the spec summarises them", async () => {
    const heldOut = Array.from({ length: 1200 }, (_, index) => 2 * index);
    const csv = `size,price\n${Array.from({ length: 3000 }, (_, row) => `${row},${row * 10}`).join("\n")}\n`;
    const dataset = { id: await upload("many", csv), target: "price" };
    const inline = {
      features: heldOut.flatMap((row) => [[row], [row + 1]]),
      targets: heldOut.flatMap((row) => [row, row + 1]),
    };
    for (const data of [{ dataset }, { inline }]) {
      const split = { validation_rows: heldOut, test_rows: [1] };
      const id = await submitJob(staged, { name: "many", data, task: "regression", split, ...layers, epochs: 1 });
      const job = (await staged.app.inject(`/v1/jobs/${id}`)).json();
      expect(job.spec.split).toEqual({
        validation_rows: { rows: 1200, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        test_rows: [1],
      });
      const rows = rowsAnswer.parse((await staged.app.inject(`/v1/jobs/${id}/data?rows=0,1,2,3,2398`)).json());
      expect(rows.parts).toEqual(["validation", "test", "validation", "train", "validation"]);
    }
  });

  it("are those whose numbers are asked for, in that order", async () => {
    const numbered = (id: string, rows: string) => staged.app.inject(`/v1/jobs/${id}/data?rows=${rows}`);
    // A row without its target is counted too.
    const csv = `size,price\n${Array.from({ length: 12 }, (_, row) => `${row},${row === 2 ? "" : row * 10}`).join("\n")}\n`;
    const dataset = await upload("gaps", csv);
    const split = { validation_rows: [7] };
    const ofDataset = await submitJob(staged, { data: { dataset: { id: dataset, target: "price" } }, split, ...layers });
    const answer = rowsAnswer.parse((await numbered(ofDataset, "7,2,3")).json());
    expect(answer).toMatchObject({ total: 12, returned: 3 });
    expect(answer.features[0]?.values).toEqual([7, 2, 3]);
    expect(answer.targets[0]?.values).toEqual([70, null, 30]);
    expect(answer.parts[0]).toBe("validation");
    const inline = { features: [[1.5], [2.5], [3.5]], targets: [10, 20, 30] };
    const ofInline = await submitJob(staged, { data: { inline }, task: "regression", ...layers });
    expect(rowsAnswer.parse((await numbered(ofInline, "2,0")).json()).features[0]?.values).toEqual([3.5, 1.5]);
    const beyond = await numbered(ofInline, "0,3");
    expect([beyond.statusCode, beyond.json().errors]).toEqual([
      422,
      [{ pointer: "/rows", detail: "there is no row 3: the data has 3, counted from 0" }],
    ]);
    for (const wrong of ["", "1,", "-1", "one", Array(101).fill(0).join()])
      expect([(await numbered(ofInline, wrong)).statusCode, wrong]).toEqual([422, wrong]);
  });

  it("of a data set that is gone are said to be gone", async () => {
    const id = await upload("iris", readFileSync(new URL("../../fixtures/datasets/iris.csv", import.meta.url)));
    const job = await submitJob(staged, { data: { dataset: { id, target: "species" } }, ...layers });
    expect((await read(job)).statusCode).toBe(200);
    await staged.app.inject({ method: "POST", url: `/v1/jobs/${job}/cancel` });
    const gone = await staged.app.inject({ method: "DELETE", url: `/v1/datasets/${id}` });
    expect(gone.statusCode).toBe(204);
    const answer = await read(job);
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ detail: `the data set ${id} was deleted` });
  });

  it("are none of an unknown job, and at most five thousand", async () => {
    expect((await read("job_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90")).statusCode).toBe(404);
    const answer = await read(await submitJob(staged), 5001);
    expect(answer.statusCode).toBe(422);
  });
});

describe("what a model takes", () => {
  it("is described column by column, with what is usual", () => {
    const inputs = modelInputs({
      inputWidth: 6,
      preprocessing: {
        columns: [
          { kind: "numeric", column: "size", integer: true, fill: 4, indicator: false, scaling: { offset: 4, scale: 2 } },
          {
            kind: "category",
            column: "colour",
            boolean: false,
            categories: ["blue", "red"],
            fill: null,
            encode: "one_hot",
            dimension: null,
          },
          { kind: "datetime", column: "day", fill: 0, indicator: false, parts: [{ part: "year", scaling: null }] },
        ],
        targets: [],
      },
    });
    expect(inputs).toEqual([
      { name: "size", type: "integer", categories: null, usual: 4, spread: 2 },
      { name: "colour", type: "category", categories: ["blue", "red"], usual: null, spread: null },
      { name: "day", type: "datetime", categories: null, usual: "1970-01-01T00:00:00.000Z", spread: null },
    ] satisfies ModelInput[]);
    expect(modelInputs({ inputWidth: 2, preprocessing: null }).map(({ name }) => name)).toEqual(["0", "1"]);
  });
});
