import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { causeOf, readTraceparent, traced } from "../../src/domain/operation/tracing.ts";
import { openStore } from "../../src/storage/open.ts";
import { createOtlpExporter } from "../../src/telemetry/otlp-exporter.ts";
import { createOtlpTracing, type TracingOptions } from "../../src/telemetry/otlp-tracing.ts";
import { traceStore } from "../../src/telemetry/traced.ts";
import { temporaryFolder } from "../contract/databases/temporary.ts";
import { aNewJob } from "../contract/fixtures.ts";
import { storeContract } from "../contract/store.ts";
import { startOtlpReceiver } from "./otlp-receiver.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const WHOLE = {
  sampler: "always_on",
  ratio: 1,
  perSecond: 100,
  serviceName: null,
  resource: {},
  headers: {},
  instanceId: "one",
} as const;

async function openTracing(options: Partial<TracingOptions> = {}) {
  const receiver = await startOtlpReceiver();
  onTestFinished(() => receiver.close());
  const failures: (string | null)[] = [];
  const onExport = (failure: string | null) => void failures.push(failure);
  const counts = { leftOut: 0, lost: 0 };
  const tracing = createOtlpTracing({ ...WHOLE, url: `${receiver.url}/v1/traces`, onExport, counts, ...options });
  return { receiver, tracing, failures, counts };
}

describe("a traceparent", () => {
  it.each([
    [`00-${TRACE}-${SPAN}-01`, { traceId: TRACE, spanId: SPAN, isSampled: true }],
    [`00-${TRACE}-${SPAN}-00`, { traceId: TRACE, spanId: SPAN, isSampled: false }],
    // A flag that came later, and a version that has more to say.
    [`00-${TRACE}-${SPAN}-03`, { traceId: TRACE, spanId: SPAN, isSampled: true }],
    [`cc-${TRACE}-${SPAN}-01-what-will-be`, { traceId: TRACE, spanId: SPAN, isSampled: true }],
    [`00-${TRACE}-${SPAN}-01-more`, null],
    [`ff-${TRACE}-${SPAN}-01`, null],
    [`00-${"0".repeat(32)}-${SPAN}-01`, null],
    [`00-${TRACE}-${"0".repeat(16)}-01`, null],
    [`00-${TRACE.toUpperCase()}-${SPAN}-01`, null],
    [`00-${TRACE}-${SPAN}`, null],
    [`cc-${TRACE}-${SPAN}-01-${"x".repeat(300)}`, null],
    [undefined, null],
    [["two", "of them"], null],
  ])("%s is read", (text, expected) => {
    expect(readTraceparent(text)).toEqual(expected);
  });
});

describe("tracing", () => {
  it("exports spans with their parents, kinds, times, attributes and kinds of errors", async () => {
    const { receiver, tracing } = await openTracing({ resource: { "service.name": "mine", zone: "a" } });
    const request = tracing.start("GET /x", {
      kind: "server",
      parent: `00-${TRACE}-${SPAN}-01`,
      attributes: { route: 'a"\n' },
    });
    await tracing.within(request, () => traced(tracing, "inner", { attributes: { part: 0.5, isIt: true } }, async () => 1));
    const failing = traced(tracing, "failing", { parent: null }, () => Promise.reject(new RangeError("row 7 is 12.5")));
    await expect(failing).rejects.toThrow("row 7");
    tracing
      .start("past", { parent: null, startedAt: 1_700_000_000_001, attributes: { long: "x".repeat(1000) } })
      .end({ endedAt: 5 });
    request.end({ attributes: { status: 200 } });
    request.end();
    await tracing.close();

    const [inner, failed, past, outer, ...more] = receiver.spans;
    expect(more).toEqual([]);
    expect(outer).toMatchObject({ traceId: TRACE, parentSpanId: SPAN, kind: 2, attributes: { route: 'a"\n', status: 200 } });
    expect(inner).toMatchObject({ traceId: TRACE, parentSpanId: outer?.spanId, kind: 1, status: { code: 0 } });
    expect(inner?.attributes).toEqual({ part: 0.5, isIt: true });
    expect(failed).toMatchObject({ attributes: { "error.type": "RangeError" }, status: { code: 2 } });
    expect(failed).not.toHaveProperty("parentSpanId");
    expect(past).toMatchObject({ startTimeUnixNano: "1700000000001000000", endTimeUnixNano: "1700000000001000000" });
    expect(past?.attributes.long).toHaveLength(256);
    expect(receiver.resources).toEqual([
      { "service.version": expect.any(String), "service.instance.id": "one", "service.name": "mine", zone: "a" },
    ]);
    expect(receiver.texts.join("")).not.toContain("12.5");
  });

  it.each([
    ["always_on", 1, 1000, 1],
    ["always_off", 1, 0, 0],
    ["traceidratio", 0, 0, 0],
    ["traceidratio", 1, 1000, 1],
    ["parentbased_always_on", 1, 1000, 0],
    ["parentbased_always_off", 1, 0, 0],
    ["parentbased_traceidratio", 1, 1000, 0],
  ] as const)(
    "samples by %s at %d: so many new traces, and whether one whose caller does not record",
    async (sampler, ratio, count, unsampled) => {
      const { receiver, tracing } = await openTracing({ sampler, ratio });
      for (let at = 0; at < 1000; at++) tracing.start("new", { parent: null }).end();
      const child = tracing.start("child", { parent: `00-${TRACE}-${SPAN}-00` });
      // Whether or not it is recorded, others must be able to go on with its trace.
      expect(readTraceparent(child.traceparent)).toMatchObject({ traceId: TRACE, isSampled: unsampled === 1 });
      child.end();
      await tracing.close();
      expect(receiver.spans.filter(({ name }) => name === "new")).toHaveLength(count);
      expect(receiver.spans.filter(({ name }) => name === "child")).toHaveLength(unsampled);
    },
  );

  it("samples a share of the traces, the same ones everywhere", async () => {
    const few = await openTracing({ sampler: "traceidratio", ratio: 0.25 });
    const more = await openTracing({ sampler: "traceidratio", ratio: 0.5 });
    const isTaken = ({ tracing }: typeof few, trace: string) =>
      tracing.start("x", { parent: `00-${trace}-${SPAN}-00` }).traceparent.endsWith("01");
    const traces = Array.from(
      { length: 256 },
      (_, at) => `${TRACE.slice(0, 16)}${at.toString(16).padStart(2, "0")}${"8".repeat(14)}`,
    );
    expect(traces.filter((trace) => isTaken(few, trace))).toHaveLength(64);
    expect(traces.filter((trace) => isTaken(few, trace) && !isTaken(more, trace))).toEqual([]);
  });

  it("begins the traces of its share with their ids, and says nothing of the others", async () => {
    const { receiver, tracing } = await openTracing({ sampler: "parentbased_traceidratio", ratio: 0.25 });
    const begun = Array.from({ length: 2000 }, () => tracing.begin()).filter((trace) => trace !== null);
    // Five standard deviations.
    expect(Math.abs(begun.length - 500)).toBeLessThan(97);
    expect(new Set(begun).size).toBe(begun.length);
    for (const trace of begun) expect(Number.parseInt(trace.slice(16), 16)).toBeLessThan(2 ** 62);
    for (const trace of begun) tracing.start("first", { trace }).end();
    await tracing.close();
    expect(receiver.spans.map(({ traceId }) => traceId)).toEqual(begun);
    expect(receiver.spans.every((span) => !("parentSpanId" in span))).toBe(true);
  });

  it.each(["traceidratio", "parentbased_traceidratio"] as const)(
    "by %s leaves out what is below a trace that is left out, here and elsewhere",
    async (sampler) => {
      const { receiver, tracing } = await openTracing({ sampler, ratio: 0.5 });
      const below = async () => {
        expect(tracing.active()).toBe(tracing.unrecorded);
        await traced(tracing, "inner", {}, async () => tracing.start("within it").end());
        return tracing.active()?.traceparent ?? "";
      };
      const names: string[] = [];
      for (let at = 0; at < 50; at++) {
        while (tracing.begin() !== null);
        names.push(await tracing.within(tracing.unrecorded, below));
        expect(tracing.active()).toBeNull();
      }
      // What was left out may be named to others, each time as another trace, which none of them records.
      expect(new Set(names.map((name) => readTraceparent(name)?.traceId)).size).toBe(50);
      for (const name of names) expect(tracing.start("elsewhere", { parent: name }).isSampled).toBe(false);
      await tracing.close();
      expect(receiver.spans).toEqual([]);
    },
  );

  it("records without a sampler so many requests a second, as many more whose callers record, and everything else", async () => {
    const clock = { ms: 0 };
    const { receiver, tracing, counts } = await openTracing({ sampler: null, perSecond: 10, now: () => clock.ms });
    const request = (name: string, parent: string | null) => {
      const span = tracing.start(name, { kind: "server", parent });
      span.end();
      return span;
    };
    const [records, recordsNot] = [`00-${TRACE}-${SPAN}-01`, `00-${TRACE}-${SPAN}-00`];
    for (let each = 0; each < 20; each++) {
      const trace = tracing.begin();
      if (trace !== null) tracing.start("begun", { kind: "server", trace }).end();
      // A traceparent that is not valid counts as none, and a caller that does not record takes no place.
      request("malformed", "00-nonsense");
      request("not recorded", recordsNot);
      request("recorded", records);
      tracing.start("run job", { parent: null }).end();
      tracing.start("run job", { parent: records }).end();
    }
    expect(request("left out", null)).toBe(tracing.unrecorded);
    expect(request("left out", records)).toMatchObject({ traceId: TRACE, isSampled: false, leftOutUnder: records });
    expect(request("not recorded", recordsNot).leftOutUnder).toBeUndefined();
    expect(counts).toEqual({ leftOut: 3 * 20 - 2 * 10 + 2, lost: 0 });
    clock.ms += 100;
    for (let each = 0; each < 2; each++) {
      request("later", null);
      request("later", records);
    }
    await tracing.close();
    const count = (name: string) => receiver.spans.filter((span) => span.name === name).length;
    expect(["begun", "malformed", "not recorded", "recorded", "run job", "left out", "later"].map(count)).toEqual([
      ...[5, 5, 0, 10, 40, 0, 2],
    ]);
  });

  it("encodes what many spans share once, and of each what is its own", async () => {
    const { receiver, tracing } = await openTracing();
    const [start, ok, failed] = [{ method: "GET" }, { status: 200 }, { status: 500 }];
    const one = (name: string, shared: object | undefined, end: object, attributes?: object) =>
      tracing.start(name, { parent: null, ...(shared && { shared }), ...(attributes && { attributes }) } as never).end(end);
    one("a", start, { shared: ok }, { path: "/1" });
    one("a", start, { shared: failed, errorType: "500" }, { path: "/2" });
    one("b", start, { shared: ok });
    one("b", undefined, { attributes: { late: true } });
    one("b", undefined, {});
    one("a", start, { shared: ok, attributes: { late: false } }, { path: "/3" });
    await tracing.close();
    expect(receiver.spans.map(({ name, attributes, status }) => [name, attributes, status.code])).toEqual([
      ["a", { method: "GET", status: 200, path: "/1" }, 0],
      ["a", { method: "GET", status: 500, "error.type": "500", path: "/2" }, 2],
      ["b", { method: "GET", status: 200 }, 0],
      ["b", { late: true }, 0],
      ["b", {}, 0],
      ["a", { method: "GET", status: 200, path: "/3", late: false }, 0],
    ]);
  });

  it("loses spans and nothing else while the receiver is away, and says so once", async () => {
    const { tracing, failures, counts } = await openTracing({ url: "http://127.0.0.1:9/v1/traces" });
    // More than the queue holds, and more than one batch.
    for (let at = 0; at < 5000; at++) tracing.start("lost", { parent: null }).end();
    await tracing.close();
    expect(failures).toHaveLength(1);
    expect(counts.lost).toBe(5000);
    tracing.start("after the end", { parent: null }).end();
    expect(counts.lost).toBe(5001);
  });

  it("counts as lost what a stop leaves unsent, and what was on its way", async () => {
    const silent = createServer(() => undefined).listen(0, "127.0.0.1");
    await once(silent, "listening");
    onTestFinished(() => void silent.close().closeAllConnections());
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/v1/traces`;
    const { tracing, failures, counts } = await openTracing({ url });
    for (let at = 0; at < 1500; at++) tracing.start("unsent", { parent: null }).end();
    await tracing.close();
    expect(counts.lost).toBe(1500);
    expect(failures).toEqual(["no answer before the stop"]);
  });

  it("says why a receiver refuses, and when it takes spans again", async () => {
    const { receiver, tracing, failures } = await openTracing();
    receiver.refuses = 1;
    for (let at = 0; at < 1024; at++) tracing.start("one of many", { parent: null }).end();
    await tracing.close();
    expect(failures).toEqual(["the receiver answered 503", null]);
    expect(receiver.spans).toHaveLength(1024 - 512);
  });
});

describe("an export", () => {
  const sent = async (answer: RequestListener, options: { path?: string; headers?: Record<string, string> } = {}) => {
    const server = createServer(answer).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const url = `http://user:secret@127.0.0.1:${port}/v1/traces`;
    const exporter = createOtlpExporter({ url, headers: options.headers ?? {} });
    onTestFinished(() => {
      exporter.close();
      server.closeAllConnections();
      server.close();
    });
    return exporter;
  };

  it("sends the password of the address, and names it in no failure", async () => {
    const seen: unknown[] = [];
    const exporter = await sent(({ headers }, answer) => {
      seen.push(headers.authorization);
      answer.writeHead(401).end("<html>");
    });
    expect(await exporter.send(Buffer.from("{}"))).toBe("the receiver answered 401");
    expect(seen).toEqual([`Basic ${Buffer.from("user:secret").toString("base64")}`]);
    const broken = await sent((_, answer) => void answer.end(), { headers: { "x-key": "secret\u20ac" } });
    expect(await broken.send(Buffer.from("{}"))).toBe("ERR_INVALID_CHAR");
  });

  it("follows no redirect, reads no endless answer, takes no other protocol, and goes on where a connection that was idle has been closed", async () => {
    const moved = await sent((_, answer) => answer.writeHead(302, { location: "http://127.0.0.1:9/" }).end());
    expect(await moved.send(Buffer.from("{}"))).toBe("the receiver answered 302");
    const endless = await sent((_, answer) => {
      const more = () => void (answer.destroyed || answer.write("x".repeat(1024), more));
      answer.writeHead(200);
      more();
    });
    expect(await endless.send(Buffer.from("{}"))).toBeNull();
    const upgrading = await sent(({ socket }) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n");
    });
    expect(await upgrading.send(Buffer.from("{}"))).toBe("the receiver answered 101");
    let requests = 0;
    const closing = await sent((incoming, answer) => {
      requests++;
      if (requests === 2) incoming.socket.resetAndDestroy();
      else answer.end();
    });
    expect([await closing.send(Buffer.from("{}")), await closing.send(Buffer.from("{}")), requests]).toEqual([null, null, 3]);
  });
});

describe("a traced store", () => {
  it("keeps the span that submitted a job, and the one that moved it last, but for no reader of events", async () => {
    const { tracing } = await openTracing();
    const store = traceStore(await openStore({ dataDir: await temporaryFolder() }), tracing);
    onTestFinished(() => store.close());
    const [submit, pause] = [tracing.start("submit", { parent: null }), tracing.start("pause", { parent: null })];
    const job = await tracing.within(submit, () => store.ofProject("default").jobs.insert(aNewJob()));
    expect(causeOf(job)).toBe(submit.traceparent);
    const to = { state: "paused", at: 5, reason: "a test" } as const;
    await tracing.within(pause, () => store.jobs.transition(job.id, { from: ["queued"], to }));
    const read = await store.jobs.get(job.id);
    expect(read && causeOf(read)).toBe(pause.traceparent);
    expect(JSON.stringify(await store.events.read(job.id, 0, 10))).not.toContain(pause.traceId);
    const other = await store.jobs.insert(aNewJob());
    expect(causeOf(other)).toBeNull();
  });

  it("begins the trace of a job whose request was left out by the limit, below the caller if that records", async () => {
    const { tracing, receiver } = await openTracing({ sampler: null, perSecond: 1, now: () => 0 });
    const store = traceStore(await openStore({ dataDir: await temporaryFolder() }), tracing);
    onTestFinished(() => store.close());
    const records = `00-${TRACE}-${SPAN}-01`;
    const request = (parent: string | null) => tracing.start("request", { kind: "server", parent });
    for (const parent of [null, records]) request(parent).end();
    const submit = (parent: string | null) => tracing.within(request(parent), () => store.jobs.insert(aNewJob()));
    const alone = await submit(null);
    const below = await submit(records);
    const unwanted = await submit(`00-${TRACE}-${SPAN}-00`);
    const to = { state: "paused", at: 5, reason: "a test" } as const;
    for (const parent of [null, records])
      await tracing.within(request(parent), () => store.jobs.transition((parent ? below : alone).id, { from: ["queued"], to }));
    await tracing.close();
    const [first, second, ...more] = receiver.spans.filter(({ name }) => name === "submit job");
    expect(more).toEqual([]);
    expect(first).not.toHaveProperty("parentSpanId");
    expect(first?.attributes).toEqual({ "trainyard.job.id": alone.id, "trainyard.project": "default" });
    expect(second).toMatchObject({ traceId: TRACE, parentSpanId: SPAN });
    expect(causeOf(below)).toBe(`00-${TRACE}-${second?.spanId}-01`);
    expect(readTraceparent(causeOf(unwanted))).toMatchObject({ traceId: TRACE, isSampled: false });
    // A later request that is left out moves no job out of its trace, unless its caller records.
    const moved = await Promise.all([alone, below].map(({ id }) => store.jobs.get(id)));
    expect(moved.map((job) => job && causeOf(job))).toEqual([`00-${first?.traceId}-${first?.spanId}-01`, records]);
  });
});

storeContract("a traced store on SQLite", async () => {
  const { tracing } = await openTracing();
  return traceStore(await openStore({ dataDir: await temporaryFolder() }), tracing);
});
