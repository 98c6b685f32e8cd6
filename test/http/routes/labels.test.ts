import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { datasetAnswer } from "../../../src/http/openapi/dataset-schemas.ts";
import { openStagedApp, type StagedApp } from "../staged-app.ts";

let staged: StagedApp;
let id: string;
beforeAll(async () => {
  staged = await openStagedApp();
  const payload = await readFile(new URL("../../fixtures/datasets/penguins.csv", import.meta.url));
  const headers = { "content-type": "text/csv" };
  id = (await staged.app.inject({ method: "POST", url: "/v1/datasets?name=p:1", payload, headers })).json().id;
});
afterAll(() => staged.close());

const post = (path: string, payload: object, headers: Record<string, string> = {}) =>
  staged.app.inject({ method: "POST", url: `/v1/datasets/${path}`, payload, headers });
const placesOf = (response: Awaited<ReturnType<typeof post>>) =>
  response.json().errors.map(({ pointer }: { pointer: string }) => pointer);

describe("an audit of labels", () => {
  it("is a job on the data set, once for a key", async () => {
    const key = { "idempotency-key": "audit" };
    const response = await post(
      `${id}/audit`,
      { target: "sex", features: ["body_mass_g", "island"], repeats: 2, seed: 7 },
      key,
    );
    expect(response.statusCode).toBe(202);
    const job = response.json();
    expect(response.headers.location).toBe(`/v1/jobs/${job.id}`);
    expect(job).toMatchObject({
      name: "labels of p-1",
      spec: {
        data: { dataset: { id, target: ["sex"], features: ["body_mass_g", "island"] } },
        model: { auto: { audit: true, trials: 2, trained_folds: 5 } },
        epochs: 2,
        seed: 7,
      },
    });
    const again = await post(`${id}/audit`, { target: "sex", features: ["body_mass_g", "island"], repeats: 2, seed: 7 }, key);
    expect(again.json().id).toBe(job.id);
  });

  it.each([
    [{ target: "weight" }, "/target"],
    [{ target: "body_mass_g" }, "/target"],
    [{ target: "sex", features: ["nothing"] }, "/features/0"],
    [{ target: "sex", repeats: 11 }, "/repeats"],
    [{ target: "sex", name: "a@b" }, "/name"],
    [{ target: "sex", folds: 3 }, "/folds"],
  ])("is refused with the field of the request: %j", async (body, pointer) => {
    const response = await post(`${id}/audit`, body);
    expect(response.statusCode).toBe(422);
    expect(placesOf(response)[0]).toMatch(pointer.replace("/0", ""));
  });

  it("needs a data set", async () => {
    expect((await post("ds_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90/audit", { target: "sex" })).statusCode).toBe(404);
  });
});

describe("corrections", () => {
  it("make another data set, the same one for the same corrections", async () => {
    const body = { column: "sex", cells: [{ row: 0, value: "FEMALE" }], name: "corrected" };
    const response = await post(`${id}/corrections`, body);
    expect(response.statusCode).toBe(201);
    const corrected = datasetAnswer.parse(response.json());
    const old = datasetAnswer.parse((await staged.app.inject(`/v1/datasets/${id}`)).json());
    expect(corrected).toMatchObject({ name: "corrected", rows: old.rows, bytes: old.bytes, format: "csv" });
    expect(corrected.notes[0]).toMatchObject({
      code: "cells_corrected",
      detail: `1 cell of sex was corrected; the original is ${id}`,
    });
    const countsOf = ({ columns }: typeof old) => columns.find(({ name }) => name === "sex")?.top;
    expect(countsOf(corrected)).toEqual([
      { value: "MALE", count: 167 },
      { value: "FEMALE", count: 166 },
    ]);
    expect(corrected.columns.filter(({ name }) => name !== "sex")).toEqual(old.columns.filter(({ name }) => name !== "sex"));
    const again = await post(`${id}/corrections`, { ...body, name: "other" });
    expect([again.statusCode, again.json().id]).toEqual([200, corrected.id]);
    const rowsOf = async (dataset: string) =>
      (await staged.app.inject(`/v1/datasets/${dataset}/rows?columns=["body_mass_g","sex"]&limit=2`)).json().columns;
    const [mass, sex] = await rowsOf(corrected.id);
    const [oldMass, oldSex] = await rowsOf(id);
    expect([mass, sex.values[0], oldSex.values[0]]).toEqual([oldMass, "FEMALE", "MALE"]);
    const preview = (await staged.app.inject(`/v1/datasets/${corrected.id}/preview?rows=1`)).json();
    expect(preview.rows[0]).toContain("FEMALE");
  });

  it.each([
    [{ column: "weight", cells: [{ row: 0, value: 1 }] }, "/column"],
    [{ column: "sex", cells: [] }, "/cells"],
    [{ column: "sex", cells: [{ row: 344, value: "male" }] }, "/cells/0/row"],
    [{ column: "body_mass_g", cells: [{ row: 0, value: "heavy" }] }, "/cells/0/value"],
    [{ column: "sex", cells: [{ row: 0, value: "x".repeat(1001) }] }, "/cells/0/value"],
  ])("are refused with the place: %j", async (body, pointer) => {
    const response = await post(`${id}/corrections`, body);
    expect(response.statusCode).toBe(422);
    expect(placesOf(response)).toContain(pointer);
  });

  it("need a data set", async () => {
    const body = { column: "sex", cells: [{ row: 0, value: "male" }] };
    expect((await post("ds_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90/corrections", body)).statusCode).toBe(404);
  });
});
