/** Requests that are tried again when the server has put them off. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createClient } from "../../../src/client/client.ts";
import type { Wait } from "../../../src/client/transport/tries.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const putOff = (status: number, after: string | null) => () =>
  new Response(null, { status, headers: after === null ? {} : { "retry-after": after } });
const fine = () => Response.json({ id: "job_1" });

/** A client whose requests are answered in this order, the last one again and again. */
function answered(answers: readonly (() => Response)[], tries?: number) {
  const sent: string[] = [];
  const waits: Wait[] = [];
  const fetch = async (_: unknown, init?: RequestInit) => {
    const answer = answers[Math.min(sent.length, answers.length - 1)] as () => Response;
    sent.push(String(init?.method));
    return answer();
  };
  const options = { fetch, onWait: (wait: Wait) => void waits.push(wait), ...(tries !== undefined && { tries }) };
  return { client: createClient("http://127.0.0.1:1/", options), sent, waits };
}

/** How a request ends, however long it waits. */
async function end(request: Promise<unknown>): Promise<unknown> {
  const ended = request.then(
    () => "answered",
    (error: { problem?: { status: number } }) => error.problem?.status ?? error,
  );
  await vi.runAllTimersAsync();
  return await ended;
}

it("waits as long as it is asked to, and sends again", async () => {
  const { client, sent, waits } = answered([putOff(429, "7"), putOff(503, "0"), fine]);
  const begun = Date.now();
  expect(await end(client.job("job_1"))).toBe("answered");
  expect([sent, Date.now() - begun]).toEqual([["GET", "GET", "GET"], 7000]);
  expect(waits).toEqual([
    { status: 429, seconds: 7 },
    { status: 503, seconds: 0 },
  ]);
});

it("gives up after as many tries as it is given", async () => {
  for (const [tries, expected] of [
    [undefined, 4],
    [2, 2],
    [1, 1],
  ] as const) {
    const { client, sent } = answered([putOff(503, "1")], tries);
    expect([await end(client.job("job_1")), sent.length]).toEqual([503, expected]);
  }
  for (const tries of [0, 1.5, Number.NaN]) expect(() => answered([fine], tries)).toThrow(RangeError);
});

it.each([
  ["503 without a time", putOff(503, null)],
  ["a time that is too long", putOff(429, "61")],
  ["a date", putOff(429, "Fri, 31 Dec 2027 23:59:59 GMT")],
  ["another error", putOff(500, "1")],
])("does not try again after %s", async (_, answer) => {
  const { client, sent } = answered([answer, fine]);
  expect(await end(client.job("job_1"))).toBe(answer().status);
  expect(sent).toHaveLength(1);
});

it("sends nothing twice that would be done twice", async () => {
  const spec = {} as never;
  const ways = [
    ["POST", 1, (client) => client.submit(spec)],
    ["POST", 2, (client) => client.submit(spec, { idempotencyKey: "a" })],
    ["PATCH", 1, (client) => client.label("job_1", {})],
    ["DELETE", 2, (client) => client.remove("job_1")],
  ] as const satisfies readonly (readonly [string, number, (client: ReturnType<typeof createClient>) => Promise<unknown>])[];
  for (const [method, count, send] of ways) {
    const { client, sent } = answered([putOff(429, "1"), fine]);
    await end(send(client));
    expect(sent).toEqual(Array(count).fill(method));
  }
});

it("stops waiting when it is aborted", async () => {
  const { client, sent } = answered([putOff(429, "60"), fine]);
  const abort = new AbortController();
  const request = client.job("job_1", { signal: abort.signal }).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(1000);
  abort.abort();
  expect(await request).toBe(abort.signal.reason);
  expect([sent.length, vi.getTimerCount()]).toEqual([1, 0]);
});
