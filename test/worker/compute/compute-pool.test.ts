import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { DatasetRows } from "../../../src/domain/datasets/dataset.ts";
import { encodeChunk, type MetricChunk } from "../../../src/domain/metrics/metric.ts";
import type { Model } from "../../../src/domain/models/model.ts";
import { predictionsJson } from "../../../src/domain/models/prediction-json.ts";
import type { ComputePool, TrainingRun } from "../../../src/domain/ports.ts";
import { createComputePool } from "../../../src/worker/compute/compute-pool.ts";
import { aChunk, aModel, someWeights } from "../../contract/fixtures.ts";

const LIMITS = {
  bodyBytes: 64 * 1024 * 1024,
  rows: 1_000_000,
  parameters: 1_000_000,
  jobMemoryBytes: 1024 ** 3,
  memoryBytes: 1024 ** 3,
  predictRows: 100_000,
};

describe("the compute pool", () => {
  let computePool: ComputePool;
  const errors: unknown[] = [];
  beforeAll(() => {
    computePool = createComputePool({ limits: LIMITS, onError: (error) => errors.push(error) });
  });
  afterAll(async () => {
    await computePool.close();
    expect(errors).toEqual([]);
  });

  const decode = (json: Uint8Array): Record<string, unknown> => JSON.parse(`{${new TextDecoder().decode(json)}}`);
  const bytes = (body: unknown) => new TextEncoder().encode(JSON.stringify(body));
  const layers = [{ type: "linear" }, { type: "sigmoid" }];

  it("prepares a body with rows, and takes it over", async () => {
    const body = bytes({
      data: {
        inline: {
          features: [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          targets: [0, 1, 1],
        },
      },
      model: { layers },
    });
    const prepared = await computePool.prepare(body);
    expect(prepared).toMatchObject({ ok: true, rows: 3, parameters: 3, classes: ["0", "1"] });
    expect(prepared.ok && prepared.payload?.data.slice(0, 6)).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
    expect(body.byteLength).toBe(0);
  });

  it("prepares a part of a larger buffer without touching the rest", async () => {
    const json = bytes({ data: { generator: { type: "moons" } }, model: { layers } });
    const whole = new Uint8Array(json.byteLength + 20).fill(7);
    whole.set(json, 10);
    expect(await computePool.prepare(whole.subarray(10, 10 + json.byteLength))).toMatchObject({ ok: true, payload: null });
    expect(whole[0]).toBe(7);
  });

  it("parses and validates a body that refers to things of the store once: the draft has all that is needed", async () => {
    const columns = ["x", "y"].map((name) => ({ name, type: "number", missing: 0, min: 0, max: 1, mean: 0.5, std: 0.3 }));
    const body = bytes({ data: { dataset: { id: "ds_a", target: "y" } }, model: { layers: [{ type: "linear" }] } });
    const draft = await computePool.prepare(body);
    expect(body.byteLength).toBe(0);
    if (!("references" in draft)) throw new Error("the body names a data set");
    expect(draft.references).toMatchObject({ dataset: { id: "ds_a", target: ["y"] }, model: null });
    const values = new Map([["y", Float64Array.of(0.5, 1.5, 2.5)]]);
    const dataset = { rows: 3, sha256: "0".repeat(64), columns, values } as unknown as DatasetRows;
    expect(await computePool.prepareDraft(draft, { dataset, model: null })).toMatchObject({
      ok: true,
      rows: 3,
      parameters: 2,
      spec: { task: "regression", data: { dataset: { id: "ds_a", features: ["x"], target: ["y"] } } },
    });
  });

  it("carries the inline rows of a job that starts from a model over in its draft", async () => {
    const inline = {
      features: [
        [1.5, -2],
        [3, 4e-300],
        [5, 6],
      ],
      targets: [0, 1, 1],
    };
    const spec = { data: { inline }, model: { layers }, init_from: { model: "start" } };
    const draft = await computePool.prepare(bytes(spec));
    if (!("references" in draft)) throw new Error("the body names a model");
    const model = { id: "mdl_start", sha256: "0".repeat(64), weights: someWeights(), preprocessing: null, classes: [] };
    const prepared = await computePool.prepareDraft(draft, { dataset: null, model });
    if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
    const plain = await computePool.prepare(bytes({ data: { inline }, model: { layers } }));
    if (!plain.ok) throw new Error("the rows are right");
    expect(prepared.spec.data).toEqual(plain.spec.data);
    expect(prepared.payload?.data.slice(0, 9)).toEqual(plain.payload?.data.slice(0, 9));
  });

  it("says what is wrong with a body", async () => {
    expect(await computePool.prepare(new TextEncoder().encode("{"))).toMatchObject({ ok: false, code: "malformed" });
    const prepared = await computePool.prepare(
      bytes({ data: { generator: { type: "moons" } }, model: { layers }, epochs: 0, x: 1 }),
    );
    expect(prepared).toMatchObject({ ok: false, code: "invalid" });
    expect("errors" in prepared && prepared.errors.map(({ pointer }) => pointer).sort()).toEqual(["/epochs", "/x"]);
  });

  it("encodes small and large chunks alike, behind the members of a head", async () => {
    for (const count of [3, 4000]) {
      const json = await computePool.encodeColumns('{"seq":7}', 11, 10 + count, encodeChunk(aChunk(11, 10 + count)));
      const frame = JSON.parse(new TextDecoder().decode(json));
      expect(Object.keys(frame)).toEqual(["seq", "epochs", "series"]);
      expect(frame.epochs).toEqual(Array.from({ length: count }, (_, index) => 11 + index));
      expect(frame.series.loss).toEqual(Array.from(aChunk(11, 10 + count).series.loss ?? []));
    }
  });

  it("thins metrics, and carries what is not finite as strings", async () => {
    const odd = (): MetricChunk => ({ from: 2001, to: 2003, series: { loss: Float64Array.of(Number.NaN, Infinity, 1) } });
    const { returned, json } = await computePool.downsampleMetrics([aChunk(1, 2000), odd()], 1, 2003, 100);
    const { epochs, series } = decode(json) as { epochs: number[]; series: { loss: never[] } };
    expect(returned).toBe(epochs.length);
    expect(returned).toBeLessThanOrEqual(100);
    expect([epochs[0], epochs.at(-1)]).toEqual([1, 2003]);
    expect(series.loss.map(Number).every((loss) => loss > 0)).toBe(true);
    expect(decode((await computePool.downsampleMetrics([odd()], 2001, 2003, 10)).json).series).toEqual({
      loss: ["NaN", "Infinity", 1],
    });
    expect(await computePool.downsampleMetrics([], 1, 0, 10)).toMatchObject({ returned: 0 });
  });

  /** 1.5 x1 - 2.5 x2 + 0.5, through a sigmoid. */
  const probability = ([x1, x2]: readonly number[]) => 1 / (1 + Math.exp(-(1.5 * (x1 ?? 0) - 2.5 * (x2 ?? 0) + 0.5)));
  const rowsOf = (count: number) => Array.from({ length: count }, (_, index) => [Math.sin(index), Math.cos(index)]);

  it("predicts few rows here and many in a thread, with the same answers, loading the weights once each", async () => {
    const model = aModel("job_a");
    let loads = 0;
    const load = async () => {
      loads++;
      return someWeights();
    };
    const many = await computePool.predict.rows(model, rowsOf(5000), load);
    expect(loads).toBeLessThanOrEqual(2);
    loads = 0;
    const [few, again] = await Promise.all([
      computePool.predict.rows(model, rowsOf(3), load),
      computePool.predict.rows(model, rowsOf(3), load),
    ]);
    await computePool.predict.rows(model, rowsOf(1), load);
    expect(loads).toBe(1);
    if (!many.ok || !few.ok) throw new Error("the rows are right");
    expect(again).toEqual(few);
    expect(many.predictions).toHaveLength(5000);
    expect(many.predictions.slice(0, 3)).toEqual(few.predictions);
    rowsOf(5000).forEach((row, index) => {
      expect(many.predictions[index]).toMatchObject({ probabilities: { "1": expect.closeTo(probability(row), 5) } });
    });
  });

  it("names the wrong rows by their place in the request, in a thread too", async () => {
    const model = aModel("job_a");
    const rows: unknown[][] = rowsOf(5000);
    rows[3000] = [1, "two"];
    rows[4500] = [1];
    const result = await computePool.predict.rows(model, rows, async () => someWeights());
    expect(!result.ok && result.errors.map(({ pointer }) => pointer)).toEqual(["/instances/3000/1", "/instances/4500"]);
    const few = await computePool.predict.rows(
      model,
      [
        [1, 2],
        [Number.NaN, 1],
      ],
      async () => someWeights(),
    );
    expect(!few.ok && few.errors.map(({ pointer }) => pointer)).toEqual(["/instances/1/0"]);
  });

  it("answers a stream's blocks in threads, the same in every format, giving each thread the model once", async () => {
    const model = aModel("job_stream");
    let loads = 0;
    const load = async () => {
      loads++;
      return someWeights();
    };
    const rows = rowsOf(3);
    const written = {
      csv: rows.map((row) => row.join(",")).join("\n"),
      ndjson: rows.map((row) => JSON.stringify(row)).join("\n"),
      json: JSON.stringify({ instances: rows }),
    };
    const answer = async (format: keyof typeof written): Promise<string> => {
      const block = { bytes: new TextEncoder().encode(written[format]), firstLine: 1, reading: null };
      const reply = await computePool.predict.stream(model, block, { format, header: "auto", topK: null }, load);
      expect(block.bytes.byteLength).toBe(0);
      if (!reply.ok) throw new Error(reply.detail);
      return new TextDecoder().decode(reply.bytes);
    };
    const expected = await computePool.predict.rows(model, rows, load);
    if (!expected.ok) throw new Error("the rows are right");
    loads = 0;
    const whole = JSON.parse(predictionsJson(model, expected, null));
    for (let round = 0; round < 3; round++) {
      expect(JSON.parse(await answer("json"))).toEqual(whole);
      const lines = (await answer("ndjson")).trim().split("\n");
      expect(lines.map((line) => JSON.parse(line))).toEqual(whole.predictions);
      expect((await answer("csv")).trim().split("\r\n")).toHaveLength(3);
    }
    expect(loads).toBeLessThanOrEqual(2);
  });

  it("names what is wrong with a stream by its line, and with a document by its pointer", async () => {
    const model = aModel("job_stream");
    const failure = (text: string, format: "ndjson" | "json", topK: number | null = null) =>
      computePool.predict.stream(
        model,
        { bytes: new TextEncoder().encode(text), firstLine: 7, reading: null },
        { format, header: "auto", topK },
        async () => someWeights(),
      );
    expect(await failure('[1,2]\n[1,"two"]', "ndjson")).toMatchObject({
      ok: false,
      code: "invalid",
      detail: expect.stringMatching(/^line 8, column 2: /),
      errors: [{ pointer: "" }],
    });
    expect(await failure('{"instances":[[1,2],[1,"two"]]}', "json")).toMatchObject({
      code: "invalid",
      errors: [{ pointer: "/instances/1/1" }],
    });
    expect(await failure("{", "json")).toMatchObject({ code: "malformed", errors: [] });
    const many = JSON.stringify({ instances: Array(LIMITS.predictRows + 1).fill([1, 2]) });
    expect(await failure(many, "json")).toMatchObject({ code: "too_large", errors: [{ pointer: "/instances" }] });
  });

  it("passes on why the weights cannot be had, and asks again the next time", async () => {
    const model: Model = aModel("job_b");
    const gone = async () => {
      throw new Error("the model is gone");
    };
    await expect(computePool.predict.rows(model, rowsOf(1), gone)).rejects.toThrow("the model is gone");
    await expect(computePool.predict.rows(model, rowsOf(5000), gone)).rejects.toThrow("the model is gone");
    expect((await computePool.predict.rows(model, rowsOf(1), async () => someWeights())).ok).toBe(true);
  });

  it("forgets a model", async () => {
    const model = aModel("job_c");
    let loads = 0;
    const load = async () => {
      loads++;
      return someWeights();
    };
    await computePool.predict.rows(model, rowsOf(1), load);
    computePool.forget(model.id);
    await computePool.predict.rows(model, rowsOf(1), load);
    expect(loads).toBe(2);
  });
});

describe("the compute pool's bounds", () => {
  it("ends a project's work that takes too long, with the limit, while another project is answered", async () => {
    const computePool = createComputePool({
      limits: LIMITS,
      taskMs: 3000,
      onError: (error) => expect(error).toBeUndefined(),
      entry: new URL("../stand-in-tasks.ts", import.meta.url),
    });
    onTestFinished(() => computePool.close());
    const attacker = computePool.ofProject("prj_a");
    const hanging = Array.from({ length: 2 }, () => attacker.prepare(new Uint8Array(1)).catch((error: unknown) => error));
    const run = { job: {}, payload: null, dataset: null, checkpoint: null } as unknown as TrainingRun;
    for (let index = 0; index < 10; index++) {
      expect(await computePool.ofProject("prj_b").showRows(run, { limit: 1 })).toMatchObject({ total: 0 });
    }
    for (const error of await Promise.all(hanging)) {
      expect(error).toMatchObject({
        code: "invalid",
        errors: [{ pointer: "", detail: expect.stringMatching(/^took longer than 3\.1 s, .*TRAINYARD_TASK_SECONDS/) }],
      });
    }
  });

  it("calls the end of its work by a stop no failure, of tasks that run, wait or come later", async () => {
    const errors: unknown[] = [];
    const computePool = createComputePool({
      limits: LIMITS,
      threads: 2,
      onError: (error) => errors.push(error),
      entry: new URL("../stand-in-tasks.ts", import.meta.url),
    });
    const run = { job: {}, payload: null, dataset: null, checkpoint: null } as unknown as TrainingRun;
    await computePool.showRows(run, { limit: 1 });
    const stopped = { code: "unavailable", message: "the server is stopping: send the request again" };
    const tasks = Array.from({ length: 6 }, () =>
      expect(computePool.prepare(new Uint8Array(1))).rejects.toMatchObject(stopped),
    );
    await computePool.close();
    await Promise.all(tasks);
    await expect(computePool.showRows(run, { limit: 1 })).rejects.toMatchObject(stopped);
    expect(errors).toEqual([]);
  });
});
