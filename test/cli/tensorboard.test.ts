import { appendFile, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { followRuns, type RunNews, type RunsQuery } from "../../src/cli/tensorboard/follow-runs.ts";
import { runName } from "../../src/cli/tensorboard/run-folder.ts";
import { ApiError, type Client, type Job } from "../../src/client/index.ts";
import { fieldsOf, type ReadEvent, readEventFile, recordsOf } from "../formats/metrics/event-file.ts";

const START = Date.UTC(2026, 4, 4, 9, 30);
const text = (value: unknown) => new TextDecoder().decode(value as Uint8Array);

/** A server with jobs whose metrics are a function of the epoch. */
function fakeServer() {
  const jobs = new Map<string, Job>();
  const asked: { from: number; to: number; points: number }[] = [];
  const missing = () => {
    throw new ApiError({ type: "about:blank", title: "Not Found", status: 404, detail: "no such job", code: "not_found" });
  };
  const client = {
    jobs: async ({ state, limit = 20 }: { state?: string; limit?: number }) => {
      const data = [...jobs.values()].reverse().filter((job) => !state || job.state === state);
      return { data: data.slice(0, limit), has_more: false, next_after: null };
    },
    job: async (id: string) => jobs.get(id) ?? missing(),
    metrics: async (id: string, range: { from: number; to: number; points: number }) => {
      if (!jobs.has(id)) missing();
      asked.push(range);
      const { from, to, points } = range;
      const every = Math.ceil((to - from + 1) / points);
      const epochs = Array.from({ length: to - from + 1 }, (_, index) => from + index).filter((n) => (n - to) % every === 0);
      return {
        epochs,
        series: {
          loss: epochs.map((n) => (n === 3 ? "NaN" : 1 / n)),
          val_loss: epochs.map((n) => 2 / n),
          lr: epochs.map(() => 0.1),
          epoch_ms: epochs.map(() => 500),
        },
      };
    },
  } as unknown as Client;
  const put = (id: string, change: Partial<Job>) => {
    const spec = {
      optimizer: { type: "adam", lr: 0.01, amsgrad: false },
      batch_size: 32,
      model: { layers: [{ type: "relu" }] },
    };
    const base = { id, name: "my moons/β", state: "running", epochs_done: 0, started_at: new Date(START).toISOString(), spec };
    jobs.set(id, { ...base, created_at: base.started_at, finished_at: null, ...jobs.get(id), ...change } as unknown as Job);
  };
  return { client, put, asked, remove: (id: string) => jobs.delete(id) };
}

const ID = "job_0196a1b2-0000-7000-8000-00000000abcd";
const RUN = "my-moons-β-0000abcd";

describe("trainyard tensorboard", () => {
  let directory: string;
  let server: ReturnType<typeof fakeServer>;
  let news: RunNews[];
  let nowMs: number;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "trainyard-tensorboard-"));
    server = fakeServer();
    news = [];
    nowMs = START + 60_000;
  });
  afterEach(() => rm(directory, { recursive: true }));

  /** A process that is started now. */
  const start = (query: Partial<RunsQuery> = {}) =>
    followRuns(
      server.client,
      directory,
      { all: false, limit: 200, ...query },
      { nowMs: () => nowMs, tell: (n) => news.push(n) },
    );
  /** The bytes of each file of a run, in the order in which TensorBoard reads them. */
  const files = async (run: string) => {
    const names = (await readdir(join(directory, run)).catch(() => [])).filter((name) => name.includes("tfevents")).sort();
    return Promise.all(
      names.map(async (name) => ({ path: join(directory, run, name), bytes: await readFile(join(directory, run, name)) })),
    );
  };
  const scalars = async (run: string): Promise<readonly ReadEvent[]> =>
    (await files(run)).flatMap(({ bytes }) => readEventFile(bytes).filter(({ fileVersion }) => !fileVersion));
  const steps = async (run: string) => (await scalars(run)).map(({ step }) => step);
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

  it("appends epochs as they come, to a run for each part of the rows with the same tags", async () => {
    server.put(ID, { epochs_done: 2 });
    const follower = start();
    expect(await follower.pass()).toBe(1);
    const [before] = await files(`${RUN}/train`);
    server.put(ID, { epochs_done: 4 });
    await follower.pass();
    await follower.pass();
    const after = await files(`${RUN}/train`);
    expect(after).toHaveLength(1);
    expect(after[0]?.bytes.subarray(0, before?.bytes.length)).toEqual(before?.bytes);
    const f = Math.fround;
    const [first, , third, fourth] = await scalars(`${RUN}/train`);
    expect(first).toEqual({
      wallTime: START / 1000 + 0.5,
      step: 1,
      scalars: [
        ["loss", 1],
        ["lr", f(0.1)],
        ["epoch_ms", 500],
      ],
    });
    expect(third?.scalars[0]).toEqual(["loss", Number.NaN]);
    expect(fourth).toMatchObject({ wallTime: START / 1000 + 2, step: 4 });
    expect((await scalars(`${RUN}/validation`)).map(({ step, scalars }) => [step, scalars])).toEqual(
      range(1, 4).map((n) => [n, [["loss", f(2 / n)]]]),
    );
    expect(news).toEqual([{ type: "following", job: ID, name: "my moons/β", run: RUN, epochs: 2 }]);
  });

  it("continues after it was stopped, in files of its own, none doubled and none lost", async () => {
    server.put(ID, { epochs_done: 3 });
    await start().pass();
    // Killed within a record of one of the two files.
    const [file] = await files(`${RUN}/train`);
    await truncate(file?.path as string, (file?.bytes.length as number) - 5);
    const torn = await readFile(file?.path as string);
    server.put(ID, { epochs_done: 6 });
    await start().pass();
    await start().pass();
    const [old, added, ...more] = await files(`${RUN}/train`);
    expect([old?.bytes, more]).toEqual([torn, []]);
    expect(readEventFile(added?.bytes as Uint8Array).map(({ step }) => step)).toEqual([0, 3, 4, 5, 6]);
    expect((await scalars(`${RUN}/validation`)).map(({ step, wallTime }) => [step, wallTime])).toEqual(
      range(1, 6).map((n) => [n, START / 1000 + n * 0.5]),
    );
  });

  it("finishes a job that ended while it was stopped, and says so once", async () => {
    server.put(ID, { epochs_done: 3 });
    await start().pass();
    server.put(ID, { epochs_done: 5, state: "succeeded", finished_at: new Date(START + 9000).toISOString() });
    expect(await start().pass()).toBe(0);
    expect(await start().pass()).toBe(0);
    expect(await steps(`${RUN}/train`)).toEqual([1, 2, 3, 4, 5]);
    expect(news.map(({ type, epochs }) => [type, epochs])).toEqual([
      ["following", 3],
      ["ended", 5],
    ]);
  });

  it("tells the HPARAMS tab the options of a job, and how it ended", async () => {
    server.put(ID, { epochs_done: 1, state: "failed", finished_at: new Date(START + 9000).toISOString() });
    await start({ all: true }).pass();
    const records = (await files(RUN)).flatMap(({ bytes }) => recordsOf(bytes)).slice(1);
    const [begin, end] = records.map((record) => {
      const value = fieldsOf(fieldsOf(fieldsOf(record)[5]?.[0] as Uint8Array)[1]?.[0] as Uint8Array);
      const metadata = fieldsOf(value[9]?.[0] as Uint8Array);
      const plugin = fieldsOf(metadata[1]?.[0] as Uint8Array);
      // A value without a tensor is passed over: float32 of shape [0].
      const tensor = fieldsOf(value[8]?.[0] as Uint8Array);
      expect([tensor[1], Array.from((tensor[2] as [Uint8Array])[0])]).toEqual([[1], [0x12, 0]]);
      expect([text(plugin[1]?.[0]), metadata[4]]).toEqual(["hparams", [2]]);
      return { tag: text(value[1]?.[0]), content: fieldsOf(plugin[2]?.[0] as Uint8Array) };
    });
    expect([begin?.tag, end?.tag]).toEqual(["_hparams_/session_start_info", "_hparams_/session_end_info"]);
    const started = fieldsOf(begin?.content[3]?.[0] as Uint8Array);
    const options = (started[1] ?? []).map((entry) => {
      const { 1: key, 2: value } = fieldsOf(entry as Uint8Array);
      const [[kind, [held]]] = Object.entries(fieldsOf(value?.[0] as Uint8Array)) as [[string, [unknown]]];
      return [text(key?.[0]), { 2: held, 3: kind === "3" && text(held), 4: Boolean(held) }[kind]];
    });
    expect(options).toEqual([
      ["optimizer/type", "adam"],
      ["optimizer/lr", 0.01],
      ["optimizer/amsgrad", false],
      ["batch_size", 32],
    ]);
    expect(started[5]).toEqual([START / 1000]);
    expect(fieldsOf(end?.content[4]?.[0] as Uint8Array)).toEqual({ 1: [2], 2: [START / 1000 + 9] });
  });

  it("leaves out what had ended, unless it is asked for all, and writes what ends between two passes", async () => {
    server.put("job_old", { epochs_done: 9, state: "succeeded" });
    const follower = start();
    expect(await follower.pass()).toBe(0);
    server.put("job_new", { epochs_done: 2, state: "cancelled" });
    await follower.pass();
    expect(news.map(({ job, type }) => `${job} ${type}`)).toEqual(["job_new following", "job_new ended"]);
    await start({ all: true }).pass();
    expect(news.slice(2).map(({ job, type }) => `${job} ${type}`)).toEqual(["job_old following", "job_old ended"]);
  });

  it("keeps the files of a job that was deleted, and goes on with the others", async () => {
    server.put(ID, { epochs_done: 2 });
    server.put("job_2", { epochs_done: 1, name: ".." });
    const follower = start();
    await follower.pass();
    server.remove(ID);
    server.put("job_2", { epochs_done: 2 });
    expect(await follower.pass()).toBe(1);
    expect(news.at(-1)).toMatchObject({ type: "gone", job: ID, epochs: 2 });
    expect(await steps(`${RUN}/train`)).toEqual([1, 2]);
    expect(await steps("job-job_2/train")).toEqual([1, 2]);
  });

  it("thins a job that is far ahead, and asks for every epoch of one that is not", async () => {
    server.put(ID, { epochs_done: 100_000 });
    const follower = start();
    await follower.pass();
    server.put(ID, { epochs_done: 107_000 });
    await follower.pass();
    expect(server.asked.map(({ from, to }) => [from, to])).toEqual([
      [1, 100_000],
      [100_001, 105_000],
      [105_001, 107_000],
    ]);
    const written = await steps(`${RUN}/train`);
    expect(written).toEqual([...written].sort((a, b) => a - b));
    expect(new Set(written).size).toBe(written.length);
    expect(written.at(-1)).toBe(107_000);
  });

  it("follows jobs that are named and no others, and reads on behind damage", async () => {
    server.put(ID, { epochs_done: 2 });
    server.put("job_2", { epochs_done: 2 });
    const job = await server.client.job(ID);
    await start({ jobs: [job] }).pass();
    expect(await readdir(directory)).toEqual([RUN]);
    const [file] = await files(`${RUN}/train`);
    await appendFile(file?.path as string, Buffer.alloc(40, 7));
    server.put(ID, { epochs_done: 3 });
    await start({ jobs: [await server.client.job(ID)] }).pass();
    const [, added] = await files(`${RUN}/train`);
    expect(readEventFile(added?.bytes as Uint8Array).map(({ step }) => step)).toEqual([0, 3]);
  });

  it("leaves pauses out of no curve: an epoch after one has its own time on the wall", async () => {
    const at = (ms: number) => new Date(START + ms).toISOString();
    const transitions: Job["transitions"] = [{ state: "running", at: at(0), reason: "" }];
    server.put(ID, { epochs_done: 2, transitions });
    const follower = start();
    await follower.pass();
    transitions.push({ state: "paused", at: at(1000), reason: "" }, { state: "running", at: at(60_000), reason: "" });
    server.put(ID, { epochs_done: 4, state: "succeeded", finished_at: at(62_000) });
    await follower.pass();
    const times = (await scalars(`${RUN}/train`)).map(({ wallTime }) => wallTime - START / 1000);
    expect(times).toEqual([0.5, 1, 60.5, 61]);
    // HPARAMS has the end that the server says, not the one that was known when the job was first seen.
    expect((await scalars(RUN)).at(-1)?.wallTime).toBe(START / 1000 + 62);
  });

  it("says once that a job cannot be written, goes on with the others, and with it when it can be", async () => {
    server.put(ID, { epochs_done: 2 });
    server.put("job_2", { epochs_done: 2, name: "other" });
    await writeFile(join(directory, RUN), "");
    const follower = start();
    await follower.pass();
    await follower.pass();
    expect(news.map(({ type, job }) => `${job} ${type}`).sort()).toEqual(["job_2 following", `${ID} unwritable`].sort());
    expect(news.find(({ type }) => type === "unwritable")?.error).toMatch(/EEXIST|ENOTDIR/);
    expect(await steps("other-job_2/train")).toEqual([1, 2]);
    expect(follower.unwritten).toBe(1);
    await rm(join(directory, RUN));
    await follower.pass();
    expect([follower.unwritten, await steps(`${RUN}/train`)]).toEqual([0, [1, 2]]);
    // One that has ended is not tried for ever.
    await rm(join(directory, "other-job_2"), { recursive: true });
    await writeFile(join(directory, "other-job_2"), "");
    server.put("job_2", { epochs_done: 3, state: "succeeded", finished_at: new Date(START + 9000).toISOString() });
    server.remove(ID);
    expect(await follower.pass()).toBe(0);
    expect(follower.unwritten).toBe(1);
  });

  it.each([
    ["moons", "moons-3456789a"],
    ["a b:c", "a-b-c-3456789a"],
    ["../..", "job-3456789a"],
    ["日本", "日本-3456789a"],
    ["x".repeat(300), `${"x".repeat(80)}-3456789a`],
    // Four bytes each, of which file systems take 255.
    ["𝒜".repeat(100), `${"𝒜".repeat(40)}-3456789a`],
  ])("names the run of %s", (name, run) => {
    expect(runName({ id: "job_0123456789a", name })).toBe(run);
  });
});
