/** Imports that take longer than their request waits: how far they are, how they end, and who may end them. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { cancelImport, cancelRequested, importInTime, readImport } from "../../../src/app/datasets/import-in-time.ts";
import { type ProjectServices, servicesOf } from "../../../src/app/services.ts";
import { createId } from "../../../src/domain/id.ts";
import { representImport } from "../../../src/domain/sources/table-import.ts";
import { openStagedApp, type StagedApp } from "../../http/staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterAll(() => staged.close());

const NEVER = new AbortController().signal;
const REQUEST = { source: { url: "https://example.com/slow.csv" } };

/** A project whose source gives a first piece, and the rest when it is let go; it breaks off where its fetch is aborted. */
function stage(rest: string) {
  const letGo = Promise.withResolvers<void>();
  let given = false;
  async function* stream(signal: AbortSignal) {
    yield Buffer.from("x,y\n1,2\n");
    given = true;
    signal.throwIfAborted();
    const aborted = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    await Promise.race([letGo.promise, aborted]);
    yield Buffer.from(rest);
  }
  const said = { mediaType: "text/csv", fileName: "slow.csv", format: null, gzip: false, etag: null };
  const services: ProjectServices = {
    ...servicesOf(staged.services, "default"),
    sources: { fetch: async (_, { signal }) => ({ isUnchanged: false as const, stream: stream(signal), ...said }) },
  };
  return { services, letGo: () => letGo.resolve(), isGiven: () => given };
}

async function begin(services: ProjectServices): Promise<string> {
  const found = await importInTime(services, "default", REQUEST, { left: NEVER, withinMs: 0 });
  if (!("underWay" in found)) throw new Error("it was done at once");
  expect(found.underWay).toMatchObject({ state: "fetching", datasetId: null, finishedAt: null });
  return found.underWay.id;
}

const ended = (services: ProjectServices, id: string) =>
  vi.waitFor(
    async () => {
      const found = await readImport(services, id);
      expect(found.finishedAt).not.toBeNull();
      return found;
    },
    { timeout: 20_000, interval: 10 },
  );

it("says how far it is, and names the data set at its end", async () => {
  const { services, letGo } = stage("3,4\n");
  const id = await begin(services);
  await vi.waitFor(async () => expect(await readImport(services, id)).toMatchObject({ state: "fetching", bytes: 8 }), {
    timeout: 20_000,
    interval: 50,
  });
  letGo();
  const end = await ended(services, id);
  expect(end).toMatchObject({ state: "succeeded", bytes: 12, error: null });
  expect((await services.store.datasets.describe(end.datasetId ?? ""))?.summary).toMatchObject({ name: "slow", rows: 2 });
  await expect(readImport(servicesOf(staged.services, "other"), id)).rejects.toMatchObject({ code: "not_found" });
  expect(await cancelImport(services, id)).toMatchObject({ state: "succeeded" });
});

it("is cancelled, or fails, and says so", async () => {
  const { services, isGiven } = stage("");
  const id = await begin(services);
  await vi.waitFor(() => expect(isGiven()).toBe(true), { timeout: 20_000 });
  await cancelImport(services, id);
  expect(await ended(services, id)).toMatchObject({ state: "cancelled", datasetId: null, error: null });
  const wrong = stage('"3,4\n');
  const other = await begin(wrong.services);
  wrong.letGo();
  expect(await ended(wrong.services, other)).toMatchObject({ state: "failed", error: { code: expect.any(String) } });
});

it("ends where whoever asked leaves before there is an answer", async () => {
  const { services, isGiven } = stage("");
  const left = new AbortController();
  const asked = importInTime(services, "default", REQUEST, { left: left.signal, withinMs: 1e9 });
  await vi.waitFor(() => expect(isGiven()).toBe(true), { timeout: 20_000 });
  left.abort(new Error("left"));
  await expect(asked).rejects.toThrow("left");
});

it("does not begin for whom has left already", async () => {
  const { services, isGiven } = stage("");
  const left = AbortSignal.abort(new Error("left"));
  await expect(importInTime(services, "default", REQUEST, { left, withinMs: 0 })).rejects.toThrow("left");
  expect(isGiven()).toBe(false);
});

it("ends where whoever asked leaves before its answer is sent, at whatever moment", async () => {
  const { services } = stage("");
  const whileStored = new AbortController();
  const { imports } = services.store;
  const insert: typeof imports.insert = async (started) => {
    const stored = await imports.insert(started);
    whileStored.abort(new Error("left"));
    return stored;
  };
  const store = { ...services.store, imports: { ...imports, insert } };
  const stored = await importInTime({ ...services, store }, "default", REQUEST, { left: whileStored.signal, withinMs: 0 });
  if (!("underWay" in stored)) throw new Error("it was done at once");
  expect(await ended(services, stored.underWay.id)).toMatchObject({ state: "cancelled", error: null });

  const other = stage("");
  const afterwards = new AbortController();
  const begun = await importInTime(other.services, "default", REQUEST, { left: afterwards.signal, withinMs: 0 });
  if (!("underWay" in begun)) throw new Error("it was done at once");
  // The answer is written, and not yet sent.
  afterwards.abort(new Error("left"));
  expect(await ended(services, begun.underWay.id)).toMatchObject({ state: "cancelled", error: null });
});

describe("an import whose answer is lost", () => {
  const nameOf = (key: string, project = "default") => ({ project, route: "POST /v1/datasets/import", key });
  const asked = async (key: string, project?: string, id: string = createId("import")) => {
    const at = Date.now();
    await staged.services.store.idempotency.claim({
      ...{ ...nameOf(key, project), owner: "test", ownedUntil: at + 1e6 },
      ...{ resourceId: id, at, expiredBefore: 0, isFull: false },
    });
    return id;
  };
  const answered = (key: string, status: number) =>
    staged.services.store.idempotency.answer(nameOf(key), "test", { status, headers: {}, body: "{}" });

  it("is cancelled by the key of its request", async () => {
    const { services } = stage("");
    const id = await asked("lost");
    await importInTime(services, "default", REQUEST, { left: NEVER, id, withinMs: 0 });
    expect(await cancelRequested(services, staged.services, "default", "lost")).toMatchObject({ id, state: "fetching" });
    expect(await ended(services, id)).toMatchObject({ state: "cancelled" });
  });

  it("is so too where that comes before it has a record", async () => {
    const { services } = stage("");
    const id = await asked("early");
    const { imports } = services.store;
    const insert: typeof imports.insert = async (started) => {
      await cancelRequested(services, staged.services, "default", "early");
      return imports.insert(started);
    };
    const store = { ...services.store, imports: { ...imports, insert } };
    const request = importInTime({ ...services, store }, "default", REQUEST, { left: NEVER, id, withinMs: 0 });
    await expect(request).rejects.toThrow("the import was cancelled");
    expect(await readImport(services, id)).toMatchObject({ state: "cancelled" });
  });

  it("is nobody else's to cancel", async () => {
    const { services } = stage("");
    await asked("mine");
    const other = servicesOf(staged.services, "other");
    await expect(cancelRequested(other, staged.services, "other", "mine")).rejects.toMatchObject({ code: "not_found" });
    await expect(cancelRequested(services, staged.services, "default", "none")).rejects.toMatchObject({ code: "not_found" });
  });

  it("is its project's own where another project has the same key", async () => {
    const { services } = stage("");
    const other = servicesOf(staged.services, "other");
    const [id, theirs] = [await asked("same"), await asked("same", "other")];
    await importInTime(services, "default", REQUEST, { left: NEVER, id, withinMs: 0 });
    expect(await cancelRequested(other, staged.services, "other", "same")).toMatchObject({ id: theirs, state: "cancelled" });
    expect(await readImport(services, id)).toMatchObject({ state: "fetching" });
    await cancelRequested(services, staged.services, "default", "same");
    expect(await ended(services, id)).toMatchObject({ state: "cancelled" });
  });

  it("is not said to be cancelled where the request was answered with a data set, or chose no id", async () => {
    const { services } = stage("");
    const id = await asked("done");
    await answered("done", 201);
    await expect(cancelRequested(services, staged.services, "default", "done")).rejects.toMatchObject({ code: "not_found" });
    await expect(readImport(services, id)).rejects.toMatchObject({ code: "not_found" });
    await asked("old", "default", "");
    await expect(cancelRequested(services, staged.services, "default", "old")).rejects.toMatchObject({ code: "not_found" });
  });

  it("is answered with what became of it when the request is sent again, and fetched no further", async () => {
    const { services, letGo } = stage("3,4\n");
    const id = await asked("again");
    await importInTime(services, "default", REQUEST, { left: NEVER, id, withinMs: 0 });
    letGo();
    const { datasetId } = await ended(services, id);
    const found = await importInTime(stage("").services, "default", REQUEST, { left: NEVER, id, withinMs: 0 });
    expect(found).toMatchObject({ underWay: { id, state: "succeeded", datasetId } });
  });
});

it("ends while it waits for its turn, as soon as it is cancelled", async () => {
  const others = await Promise.all(
    ["a", "a", "b", "b"].map(async (project) => {
      const one = stage("");
      const found = await importInTime(one.services, project, REQUEST, { left: NEVER, withinMs: 0 });
      return { ...one, id: "underWay" in found ? found.underWay.id : "" };
    }),
  );
  const { services, isGiven } = stage("");
  const id = await begin(services);
  await cancelImport(services, id);
  expect(await ended(services, id)).toMatchObject({ state: "cancelled", bytes: 0 });
  expect(isGiven()).toBe(false);
  for (const { letGo } of others) letGo();
  for (const other of others) await ended(other.services, other.id);
});

it("is ended by a stop, and says that", async () => {
  const { services } = stage("");
  const id = await begin(services);
  const late = importInTime(services, "default", REQUEST, { left: NEVER, withinMs: 1e9 });
  const refused = expect(late).rejects.toMatchObject({ code: "unavailable" });
  await services.importsUnderWay.stop();
  await refused;
  expect(await readImport(services, id)).toMatchObject({ state: "failed", error: { code: "unavailable" } });
});

it("has failed where its process is no longer heard of", () => {
  const silent = { id: "imp_1", state: "fetching", bytes: 5, datasetId: null, error: null } as const;
  const times = { createdAt: 0, heardAt: 1000, finishedAt: null };
  expect(representImport({ ...silent, ...times }, 30_000)).toMatchObject({ state: "fetching", finished_at: null });
  expect(representImport({ ...silent, ...times }, 31_001)).toMatchObject({
    state: "failed",
    error: { code: "unavailable" },
    finished_at: "1970-01-01T00:00:01.000Z",
  });
});
