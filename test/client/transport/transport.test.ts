import { describe, expect, it } from "vitest";
import { tableNamed } from "../../../src/client/datasets.ts";
import { ApiError, UnreachableError } from "../../../src/client/error.ts";
import { createTransport } from "../../../src/client/transport/transport.ts";

const BASE = "http://127.0.0.1:1/";

/** A transport whose requests are answered by the test; it keeps their addresses. */
function answered(answer: (signal: AbortSignal | null | undefined) => Promise<Response>) {
  const urls: string[] = [];
  const fetch = (input: RequestInfo | URL, init?: RequestInit) => {
    urls.push(String(input));
    return answer(init?.signal);
  };
  return { urls, transport: createTransport(BASE, { fetch }) };
}

/** Waits until the signal aborts, as fetch does. */
const untilAborted = (signal: AbortSignal | null | undefined) =>
  new Promise<Response>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));

describe("the transport", () => {
  it("leaves query parameters out that are undefined or null", async () => {
    const { urls, transport } = answered(async () => Response.json({}));
    await transport.get("v1/jobs", { after: null, limit: 5, state: undefined });
    expect(urls).toEqual([`${BASE}v1/jobs?limit=5`]);
  });

  it("rejects with the reason of an abort, and calls a timeout no answer", async () => {
    const { transport } = answered(untilAborted);
    const abort = new AbortController();
    const aborted = transport.get("v1/jobs", {}, { signal: abort.signal });
    abort.abort();
    await expect(aborted).rejects.toBe(abort.signal.reason);
    const timedOut = transport.get("v1/jobs", {}, { signal: AbortSignal.timeout(1) });
    await expect(timedOut).rejects.toBeInstanceOf(UnreachableError);
  });

  it.each([
    ["text of a proxy", new Response("bad gateway", { status: 502, statusText: "Bad Gateway" }), "bad gateway"],
    ["nothing", new Response(null, { status: 502, statusText: "Bad Gateway" }), "Bad Gateway"],
    [
      "a problem that broke off",
      new Response('{"type":"ab', { status: 502, headers: { "content-type": "application/problem+json" } }),
      '{"type":"ab',
    ],
  ])("makes a problem of %s", async (_, response, detail) => {
    const { transport } = answered(async () => response);
    const error = await transport.get("v1/jobs").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ApiError);
    expect((error as ApiError).problem).toMatchObject({ status: 502, code: "unknown", detail });
  });
});

describe("a table's file name", () => {
  it.each([
    ["rows.constructor", { name: "rows", format: null }],
    ["iris.csv", { name: "iris", format: "csv" }],
    ["a.b.TSV.GZ", { name: "a.b", format: "csv" }],
    ["rows.parquet", { name: "rows", format: "parquet" }],
    ["notes.docx", { name: "notes", format: null }],
    [".csv", { name: ".csv", format: "csv" }],
  ])("%s says its name and format", (fileName, table) => {
    expect(tableNamed(fileName)).toEqual(table);
  });
});
