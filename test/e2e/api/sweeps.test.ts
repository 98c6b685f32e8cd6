/** Sweeps on the real server: from the request to the model of the best trial, whatever happens in between. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ApiError, type ProblemDocument } from "../../../src/client/error.ts";
import type { Sweep, SweepFrame, SweepSpec, Trial, TrialsQuery } from "../../../src/client/sweeps.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";

let server: BorrowedServer;
beforeAll(async () => {
  server = await borrowServer({ workers: 2 });
});
afterAll(async () => {
  await server.giveBack();
});

const JOB: SweepSpec["job"] = {
  name: "moons-best",
  data: { generator: { type: "moons", samples: 60, noise: 0.1, seed: 7 } },
  split: { validation: 0.25 },
  model: { layers: [{ type: "linear", units: 4 }, { type: "tanh" }, { type: "dropout", p: 0.1 }, { type: "linear" }] },
  epochs: 40,
};
const PARAMETERS: SweepSpec["parameters"] = {
  "/optimizer/lr": { min: 0.001, max: 0.3, scale: "log" },
  "/model/layers/0/units": { values: [2, 4, 8] },
  "/seed": { min: 0, max: 9, integer: true },
};
const SWEEP: SweepSpec = { name: "moons", job: JOB, parameters: PARAMETERS, method: { type: "random" }, trials: 40 };
/** Its trials take hours. */
const ENDLESS: SweepSpec = { ...SWEEP, name: "endless", job: { ...JOB, epochs: 100_000_000 }, promote: "none" };

const run = async (spec: SweepSpec, { client } = server): Promise<Sweep> =>
  client.waitForSweep((await client.submitSweep(spec)).id);
const trialsOf = async ({ id }: Sweep, { client } = server): Promise<Trial[]> =>
  (await client.trials(id, { limit: 1000 })).data;
/** The pages of trials from a cursor to the end. */
async function restOf(id: string, query: TrialsQuery): Promise<Trial[]> {
  const { data, has_more, next_after } = await server.client.trials(id, query);
  return has_more ? [...data, ...(await restOf(id, { ...query, after: next_after as number }))] : data;
}
/** What must not depend on the machine. */
const bits = (trials: readonly Trial[]) => trials.map(({ seconds: _, ...rest }) => rest);

async function problemOf(request: Promise<unknown>): Promise<ProblemDocument> {
  const error = await request.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ApiError)) throw new Error(`expected a problem, not ${String(error)}`);
  return error.problem;
}

describe("a sweep", () => {
  it("ends with its best trial as a job, whose model has the trial's bits", async () => {
    const sweep = await run(SWEEP);
    expect(sweep).toMatchObject({ state: "succeeded", reproducible: true, error: null, progress: { done: 40, total: 40 } });
    const trials = await trialsOf(sweep);
    const least = Math.min(...trials.map(({ value }) => value ?? Number.POSITIVE_INFINITY));
    expect(sweep.progress.best).toEqual({ number: trials.findIndex(({ value }) => value === least), value: least });
    const best = trials[sweep.progress.best?.number as number] as Trial;
    expect((await server.client.wait(sweep.job as string)).model?.sha256).toBe(best.sha256);
    const other = trials.find(({ number }) => number !== best.number) as Trial;
    const job = await server.client.promoteTrial(sweep.id, other.number, { idempotencyKey: "once" });
    expect((await server.client.promoteTrial(sweep.id, other.number, { idempotencyKey: "once" })).id).toBe(job.id);
    expect((await server.client.wait(job.id)).model?.sha256).toBe(other.sha256);
    expect(job.spec.optimizer).toMatchObject({ lr: other.parameters["/optimizer/lr"] });
  });

  describe("on one thread", () => {
    let alone: BorrowedServer;
    beforeAll(async () => {
      alone = await borrowServer();
    });
    afterAll(() => alone.giveBack());

    it.each([
      ["random", { type: "random" }],
      ["grid", { type: "grid", points: 3 }],
      ["tpe", { type: "tpe", startup_trials: 5 }],
      ["halving", { type: "halving", factor: 3, min_epochs: 4 }],
    ] as const)("has the same trials and winner by %s as on two", async (name, method) => {
      const spec: SweepSpec = { ...SWEEP, name, method, trials: 27, promote: "none" };
      const two = await run(spec);
      const one = await run(spec, alone);
      expect(one.progress).toEqual(two.progress);
      expect(bits(await trialsOf(one, alone))).toEqual(bits(await trialsOf(two)));
    });
  });

  it("goes on from the rungs of halving at no loss of bits", async () => {
    const sweep = await run({ ...SWEEP, method: { type: "halving", factor: 3, min_epochs: 4 }, trials: 27 });
    const trials = await trialsOf(sweep);
    const spent = trials.reduce((total, { epochs }) => total + epochs, 0);
    expect(spent).toBeLessThan((27 * 40) / 2);
    expect(trials.filter(({ state }) => state === "pruned").length).toBeGreaterThan(20);
    const best = trials[sweep.progress.best?.number as number] as Trial;
    expect(best.epochs).toBe(40);
    expect((await server.client.wait(sweep.job as string)).model?.sha256).toBe(best.sha256);
  });

  it("cross-validates: a trial's value is the mean of its folds, and its job trains on all rows", async () => {
    const sweep = await run({ name: "folds", job: JOB, folds: { count: 3 } });
    const [trial] = await trialsOf(sweep);
    const values = trial?.fold_values as number[];
    expect(values).toHaveLength(3);
    expect(trial?.value).toBeCloseTo((values[0]! + values[1]! + values[2]!) / 3, 12);
    const promoted = await server.client.wait(sweep.job as string);
    expect(promoted.spec.split).toBeNull();
    const same = await server.client.submit({ ...JOB, split: null });
    expect(promoted.model?.sha256).toBe((await server.client.wait(same.id)).model?.sha256);
  });

  it("has one gapless sequence of events, the same over REST and WebSocket", async () => {
    const { id } = await run({ ...SWEEP, promote: "none" });
    const frames: SweepFrame[] = [];
    for await (const frame of server.client.watchSweep(id)) frames.push(frame);
    const end = frames.pop();
    expect(end).toMatchObject({ type: "end", state: "succeeded", seq: frames.length });
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
    const page = await (await fetch(`${server.url}/v1/sweeps/${id}/events?limit=1000`)).json();
    expect(page).toEqual({ data: frames, has_more: false, next_after: frames.length });
    const sse = await (
      await fetch(`${server.url}/v1/sweeps/${id}/events`, { headers: { accept: "text/event-stream" } })
    ).text();
    const sent = [...sse.matchAll(/^data: (.*)$/gm)].map(([, text]) => JSON.parse(text as string));
    expect(sent).toEqual([...frames, end]);
  });

  it("pauses, goes on, and comes to the same", async () => {
    const spec: SweepSpec = { ...SWEEP, job: { ...JOB, epochs: 8000 }, trials: 12, promote: "none" };
    const { id } = await server.client.submitSweep(spec);
    await expect.poll(async () => (await server.client.sweep(id)).state).toBe("running");
    expect((await server.client.pauseSweep(id)).state).toBe("paused");
    expect(await problemOf(server.client.pauseSweep(id))).toMatchObject({ status: 409 });
    expect((await server.client.resumeSweep(id)).state).toBe("queued");
    const paused = await server.client.waitForSweep(id);
    expect(bits(await trialsOf(paused))).toEqual(bits(await trialsOf(await run(spec))));
  });

  it("is cancelled, and only then deleted", async () => {
    const { id } = await server.client.submitSweep(ENDLESS);
    await expect.poll(async () => (await server.client.sweep(id)).state).toBe("running");
    expect(await problemOf(server.client.removeSweep(id))).toMatchObject({ status: 409 });
    expect((await server.client.cancelSweep(id)).state).toBe("cancelled");
    await server.client.removeSweep(id);
    expect(await problemOf(server.client.sweep(id))).toMatchObject({ status: 404 });
    // Its threads are free.
    expect((await run({ ...SWEEP, trials: 3 })).state).toBe("succeeded");
  });

  it("ends with what is done when its time is over, and says that it depends on the machine", async () => {
    const sweep = await run({ ...SWEEP, job: { ...JOB, epochs: 100 }, trials: 100_000, max_seconds: 2, promote: "none" });
    expect(sweep).toMatchObject({ state: "succeeded", reproducible: false });
    expect(sweep.progress.done).toBeLessThan(100_000);
  });

  it("says which parameters matter, by a measure that it names", async () => {
    const { id } = await server.client.submitSweep({ ...SWEEP, trials: 60, promote: "none" });
    const before = await server.client.sweepImportance(id);
    await server.client.waitForSweep(id);
    const { measure, source, trials, data } = await server.client.sweepImportance(id);
    expect({ measure: before.measure, source: before.source }).toEqual({ measure, source });
    expect({ measure, source, trials }).toEqual({
      measure: "PED-ANOVA",
      source: expect.stringContaining("IJCAI 2023"),
      trials: 60,
    });
    expect(data.map(({ pointer }) => pointer).sort()).toEqual(Object.keys(PARAMETERS).sort());
    expect(data[0]?.pointer).toBe("/optimizer/lr");
    expect(data.reduce((sum, { importance }) => sum + importance, 0)).toBeCloseTo(1, 9);
  });

  it("pages, sorts and filters its trials, and exports them as CSV", async () => {
    const { id } = await run({ ...SWEEP, promote: "none" });
    const { data, has_more } = await server.client.trials(id, { order_by: "-value", limit: 10 });
    expect(has_more).toBe(true);
    expect(data.map(({ value }) => value)).toEqual(data.map(({ value }) => value as number).toSorted((a, b) => b - a));
    const csv = (await server.client.trialsCsv(id, { order_by: "value", state: "succeeded" })).trimEnd().split("\r\n");
    expect(csv[0]).toBe("number,generation,state,value,/optimizer/lr,/model/layers/0/units,/seed,epochs,seconds,sha256,reason");
    expect(csv).toHaveLength(41);
    expect(await problemOf(server.client.trial(id, 40))).toMatchObject({ status: 404 });
    // Page by page in every order, and within bounds of the value: each trial once.
    const all = data.concat(await restOf(id, { order_by: "-value", limit: 10, after: data.at(-1)?.number as number }));
    expect(all.map(({ number }) => number).sort((a, b) => a - b)).toEqual(all.map((_, index) => index));
    const middle = all.map(({ value }) => value as number).slice(10, 20);
    const bounds = { min_value: Math.min(...middle), max_value: Math.max(...middle) };
    const within = await restOf(id, { order_by: "value", limit: 3, ...bounds });
    expect(within.map(({ value }) => value)).toEqual(middle.toReversed());
    expect((await restOf(id, { order_by: "-number", limit: 7 })).map(({ number }) => number)).toEqual(
      all.map((_, index) => all.length - 1 - index),
    );
    const filter = `value >= ${bounds.min_value} and value <= ${bounds.max_value} and params."/model/layers/0/units" != 4`;
    const units = "/model/layers/0/units";
    expect(await restOf(id, { order_by: "value", limit: 3, filter })).toEqual(
      within.filter(({ parameters }) => parameters[units] !== 4),
    );
    expect(await problemOf(server.client.trials(id, { filter: 'params."/optimizer/rl" < 1' }))).toMatchObject({
      status: 422,
      detail: expect.stringMatching(/filter: column 1: the sweep has no parameter .*: did you mean "\/optimizer\/lr"\?/),
    });
    const ofBounds = (await server.client.trialsCsv(id, { order_by: "value", ...bounds })).trimEnd().split("\r\n").slice(1);
    expect(ofBounds.map((line) => Number(line.split(",")[0]))).toEqual(within.map(({ number }) => number));
  });

  it("keeps a trial that fails, with its reason", async () => {
    const line: SweepSpec["job"] = {
      data: { generator: { type: "linear", samples: 60 } },
      split: { validation: 0.25 },
      model: { layers: [{ type: "linear" }] },
      optimizer: { type: "sgd", lr: 0.01 },
    };
    const parameters = { "/optimizer/lr": { values: [0.01, 1000] } };
    const sweep = await run({ job: line, parameters, method: { type: "grid" } });
    const [, failed] = await trialsOf(sweep);
    expect(failed).toMatchObject({ state: "failed", value: null, sha256: null });
    expect(failed?.reason).toMatch(/try a smaller learning rate/);
    expect(await problemOf(server.client.promoteTrial(sweep.id, 1))).toMatchObject({ status: 409 });
  });

  it.each<[string, object, string]>([
    [
      "a pointer that leads nowhere",
      { ...SWEEP, parameters: { "/optimiser/lr": { values: [1] } } },
      "/parameters/~1optimiser~1lr",
    ],
    [
      "a value that does not fit",
      { ...SWEEP, parameters: { "/epochs": { values: [1, -1] } } },
      "/parameters/~1epochs/values/1",
    ],
    ["an objective that nothing computes", { ...SWEEP, objective: { metric: "val_f1" } }, "/objective/metric"],
    ["a job that is none", { ...SWEEP, job: { ...JOB, model: { layers: [] } } }, "/job/model/layers"],
    ["a stored model to start from", { ...SWEEP, job: { ...JOB, init_from: { model: "x" } } }, "/job/init_from/model"],
    ["more folds than rows", { ...SWEEP, folds: { count: 100 } }, "/folds"],
    ["a column of rows without names", { ...SWEEP, folds: { group: "x" } }, "/folds/group"],
  ])("is refused for %s, at its place", async (_, spec, pointer) => {
    const problem = await problemOf(server.client.validateSweep(JSON.stringify(spec)));
    expect(problem.status).toBe(422);
    expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
  });

  it("is stored once, however often it is sent", async () => {
    const once = await server.client.submitSweep(SWEEP, { idempotencyKey: "a-sweep" });
    expect((await server.client.submitSweep(SWEEP, { idempotencyKey: "a-sweep" })).id).toBe(once.id);
    await server.client.cancelSweep(once.id).catch(() => undefined);
  });
});
