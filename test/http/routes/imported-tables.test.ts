/** What the route of imports answers: the data set where it is there in time, and else where to ask for it. */
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { openStagedApp, type StagedApp } from "../staged-app.ts";

let staged: StagedApp;
beforeAll(async () => {
  staged = await openStagedApp();
});
afterEach(() => vi.useRealTimers());
afterAll(() => staged.close());

it("answers 202 after ten seconds, with the address of the import, which is the same for the same idempotency key", async () => {
  const letGo = Promise.withResolvers<void>();
  const given = Promise.withResolvers<void>();
  async function* stream() {
    yield Buffer.from("x,y\n1,2\n");
    given.resolve();
    await letGo.promise;
    yield Buffer.from("3,4\n");
  }
  const said = { mediaType: "text/csv", fileName: "slow.csv", format: null, gzip: false, etag: null };
  const fetch = vi.spyOn(staged.services.sources, "fetch").mockImplementation(async () => ({
    ...{ isUnchanged: false as const, stream: stream(), ...said },
  }));
  const ask = () =>
    staged.app.inject({
      method: "POST",
      url: "/v1/datasets/import",
      payload: { source: { url: "https://example.com/slow.csv" } },
      headers: { "idempotency-key": "slow" },
    });
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  const asked = ask();
  await given.promise;
  vi.advanceTimersByTime(10_000);
  vi.useRealTimers();
  const answer = await asked;
  expect([answer.statusCode, answer.json()]).toMatchObject([202, { state: "fetching", dataset: null, finished_at: null }]);
  const { id } = answer.json<{ id: string }>();
  expect(answer.headers.location).toBe(`/v1/imports/${id}`);
  const again = await ask();
  expect([again.statusCode, again.json<{ id: string }>().id, again.headers.location]).toEqual([202, id, `/v1/imports/${id}`]);
  expect(fetch).toHaveBeenCalledTimes(1);
  letGo.resolve();
  const read = async () => (await staged.app.inject(`/v1/imports/${id}`)).json<{ state: string; dataset: string }>();
  await vi.waitFor(async () => expect(await read()).toMatchObject({ state: "succeeded", bytes: 12 }), { timeout: 20_000 });
  const { dataset } = await read();
  expect((await staged.app.inject(`/v1/datasets/${dataset}`)).json()).toMatchObject({ name: "slow", rows: 2 });
  const late = await staged.app.inject({ method: "POST", url: `/v1/imports/${id}/cancel` });
  expect([late.statusCode, late.json()]).toMatchObject([202, { state: "succeeded", dataset }]);
  const byKey = await staged.app.inject({ method: "POST", url: "/v1/imports/slow/cancel" });
  expect([byKey.statusCode, byKey.json()]).toMatchObject([202, { id, state: "succeeded" }]);
});

it("refuses while the server stops", async () => {
  staged.lifecycle.drain();
  const payload = { source: { url: "https://example.com/slow.csv" } };
  const answer = await staged.app.inject({ method: "POST", url: "/v1/datasets/import", payload });
  expect(answer.statusCode).toBe(503);
});
