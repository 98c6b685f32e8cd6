import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jobAnswer, jobsAnswer, submissionAnswer } from "../../../src/http/openapi/response-schemas.ts";
import { openStagedApp, SPEC, type StagedApp, settled, submitJob } from "../staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterAll(() => staged.close());

const list = async (query: Record<string, string>) => {
  const response = await staged.app.inject({ method: "GET", url: `/v1/jobs?${new URLSearchParams(query)}` });
  return { status: response.statusCode, json: response.json() };
};
const patch = async (id: string, body: object) => {
  const response = await staged.app.inject({ method: "PATCH", url: `/v1/jobs/${id}`, payload: body });
  return { status: response.statusCode, json: response.json() };
};

describe("labels of a job", () => {
  it("are taken at submission, and are no part of the spec and its hash", async () => {
    const submit = async (spec: object) => {
      const id = await submitJob(staged, spec);
      (await staged.nextRun()).finish();
      await settled(staged, id);
      const job = jobAnswer.parse((await staged.app.inject({ method: "GET", url: `/v1/jobs/${id}` })).json());
      return { job, model: (await staged.app.inject({ method: "GET", url: `/v1/models/${job.model?.id}` })).json() };
    };
    const plain = await submit(SPEC);
    const labelled = await submit({ ...SPEC, tags: { team: "a" }, note: "Ü" });
    expect(plain.job).toMatchObject({ tags: {}, note: null });
    expect(labelled.job).toMatchObject({ tags: { team: "a" }, note: "Ü" });
    expect(labelled.job.spec).toEqual(plain.job.spec);
    expect(labelled.model.receipt).toEqual(plain.model.receipt);
  });

  it("are changed later, and refused with their place", async () => {
    const id = await submitJob(staged, { ...SPEC, tags: { team: "a" } });
    expect((await patch(id, { tags: { team: null, "a/b": "c" }, note: "x" })).json).toMatchObject({
      tags: { "a/b": "c" },
      note: "x",
    });
    const faults: [object, string][] = [
      [{ tags: { ü: "x" } }, "/tags/ü"],
      [{ tags: { a: "x".repeat(501) } }, "/tags/a"],
      [{ tags: { a: "\u0000" } }, "/tags/a"],
      [{ note: "x".repeat(10_001) }, "/note"],
      [{ tag: {} }, "/tag"],
    ];
    for (const [body, pointer] of faults)
      expect(await patch(id, body)).toMatchObject({ status: 422, json: { errors: [{ pointer }] } });
    const spec = { ...SPEC, tags: { a: 1 }, note: 2 };
    const refused = await staged.app.inject({ method: "POST", url: "/v1/jobs", payload: spec });
    expect(refused.json().errors.map((each: { pointer: string }) => each.pointer)).toEqual(["/tags/a", "/note"]);
    const dry = await staged.app.inject({
      method: "POST",
      url: "/v1/jobs?validate_only=true",
      payload: { ...SPEC, tags: { a: "b" } },
    });
    expect(submissionAnswer.parse(dry.json())).toMatchObject({ valid: true });
  });
});

describe("a filter of jobs", () => {
  it("finds them page by page, and says in which column it is wrong", async () => {
    const ids: string[] = [];
    for (const lr of [0.1, 0.3, 0.2])
      ids.push(await submitJob(staged, { ...SPEC, tags: { found: "yes" }, optimizer: { type: "sgd", lr } }));
    const asked = {
      filter: 'tags.found = "yes" and params."/optimizer/lr" >= 0.1',
      order_by: '-params."/optimizer/lr"',
      limit: "2",
    };
    const first = jobsAnswer.parse((await list(asked)).json);
    expect(first.data.map(({ id }) => id)).toEqual([ids[1], ids[2]]);
    const second = jobsAnswer.parse((await list({ ...asked, after: first.next_after as string })).json);
    expect(second.data.map(({ id }) => id)).toEqual([ids[0]]);
    const faults: [Record<string, string>, string, string][] = [
      [{ filter: "metrics.val_los < 1" }, "/filter", "column 9"],
      [{ filter: "tags.team = 3" }, "/filter", "column 13"],
      [{ filter: "loss < 1" }, "/filter", "column 1"],
      [{ filter: 'state = "done"' }, "/filter", "column 9"],
      [{ order_by: "-metrics.val" }, "/order_by", "column 10"],
      [{ order_by: "tags.team" }, "/order_by", "column 1"],
      [{ after: first.next_after as string }, "/after", "another order"],
    ];
    for (const [query, pointer, detail] of faults) {
      const { status, json } = await list(query);
      expect([query, status, json.errors[0].pointer]).toEqual([query, 422, pointer]);
      expect(json.errors[0].detail).toContain(detail);
    }
  });
});
