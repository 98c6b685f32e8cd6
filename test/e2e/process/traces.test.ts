import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Job } from "../../../src/client/answers.ts";
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from "../../telemetry/otlp-receiver.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../live-server.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";
const SERVER = 2;
const CLIENT = 3;

let receiver: OtlpReceiver;
let dataDir: Awaited<ReturnType<typeof createDataDir>>;

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  dataDir = await createDataDir();
});

afterAll(async () => {
  await receiver.close();
  await dataDir.remove();
});

const settings = () => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  OTEL_EXPORTER_OTLP_HEADERS: "api-key=se%20cret",
  OTEL_RESOURCE_ATTRIBUTES: "deployment.environment.name=test",
  TRAINYARD_WEBHOOK_ALLOW_PRIVATE: "true",
});

/** Spans as a tree: each name, with the names below it, sorted. */
function tree(spans: readonly ReceivedSpan[], parent: string): unknown[] {
  const below = spans.filter(({ parentSpanId }) => parentSpanId === parent);
  const named = below.map(({ name, spanId }): [string, unknown[]] => [name, tree(spans, spanId)]);
  return named.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, children]) => (children.length > 0 ? [name, children] : name));
}

async function until({ client }: LiveServer, id: string, condition: (job: Job) => boolean): Promise<void> {
  for await (const _ of client.watch(id)) if (condition(await client.job(id))) return;
}

describe("traces of a server", () => {
  it("follow a job from the caller's span through preparation, queue, runs on two processes and the webhook", async () => {
    const body = {
      data: { inline: { features: [[71234.5], [2], [3], [4]], targets: ["no", "yes", "no", "yes"] } },
      model: { layers: [{ type: "linear" }] },
      // It trains for hours.
      epochs: 100_000_000,
      webhook: { url: `${receiver.url}/hook?token=hush` },
    };
    const first = await startLiveServer(dataDir.path, settings());
    const answer = await fetch(`${first.url}/v1/jobs?validate_only=false`, {
      method: "POST",
      headers: { "content-type": "application/json", traceparent: `00-${TRACE}-${CALLER}-01` },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { id: string };
    await until(first, id, ({ epochs_done }) => epochs_done > 0);
    await first.stop();

    // Another process goes on with the job, and with its trace.
    const second = await startLiveServer(dataDir.path, settings());
    await until(second, id, ({ state, attempt }) => state === "running" && attempt === 2);
    await second.client.cancel(id);
    const read = await second.client.wait(id);
    await expect.poll(() => receiver.hooks.length).toBe(1);
    await second.stop();

    const spans = receiver.spans.filter(({ traceId }) => traceId === TRACE);
    const named = (name: string) => spans.filter((span) => span.name === name);
    const epochs = named("train epochs");
    expect(epochs.length).toBeGreaterThan(0);
    const others = spans.filter((span) => !epochs.includes(span));
    expect(tree(others, CALLER)).toEqual([
      ["POST /v1/jobs", ["prepare job", "queue job", ["run job", ["queue job", "run job"]]]],
    ]);
    const runs = named("run job").map(({ spanId }) => spanId);
    expect(epochs.every(({ parentSpanId = "" }) => runs.includes(parentSpanId))).toBe(true);
    const [request] = named("POST /v1/jobs");
    expect(request).toMatchObject({
      kind: SERVER,
      attributes: {
        "http.request.method": "POST",
        "http.route": "/v1/jobs",
        "http.response.status_code": 202,
        "url.path": "/v1/jobs",
        "url.scheme": "http",
        "trainyard.project": "default",
      },
    });
    expect(named("run job")[0]?.attributes).toMatchObject({ "trainyard.job.id": id, "trainyard.job.attempt": 1 });
    const at = ({ startTimeUnixNano }: ReceivedSpan) => BigInt(startTimeUnixNano);
    for (const span of spans) expect(BigInt(span.endTimeUnixNano) >= at(span), span.name).toBe(true);

    // The job was cancelled by a request without a trace, which began one: that is where its webhook belongs.
    const sent = receiver.spans.find(({ name, kind }) => name === "POST" && kind === CLIENT);
    const cancelled = receiver.spans.find(({ name }) => name === "POST /v1/jobs/:id/cancel");
    expect(sent).toMatchObject({ traceId: cancelled?.traceId, parentSpanId: cancelled?.spanId });
    expect(receiver.hooks[0]?.traceparent).toBe(`00-${sent?.traceId}-${sent?.spanId}-01`);

    expect(receiver.headers.every((headers) => headers["api-key"] === "se cret")).toBe(true);
    expect(receiver.resources[0]).toMatchObject({ "service.name": "trainyard", "deployment.environment.name": "test" });
    // No value of a row, no secret of a webhook, no query, no key.
    expect(receiver.texts.join("\n")).not.toMatch(/71234|hush|validate_only|se.?cret/);
    // The trace is not part of what is read of the job.
    expect(JSON.stringify(read)).not.toContain(TRACE);
    const lines = first.logged.filter(({ trace_id }) => trace_id === TRACE).map(({ msg }) => msg);
    expect(lines).toEqual(expect.arrayContaining(["request", "job submitted", "job started", "job ended"]));
  });

  it("record a job whole where more requests come than are recorded, and log no trace that nobody knows", async () => {
    const folder = await createDataDir();
    const server = await startLiveServer(folder.path, { ...settings(), TRAINYARD_TRACES_PER_SECOND: "1" });
    const before = receiver.spans.length;
    const get = () => fetch(`${server.url}/v1/openapi.json`, { headers: { traceparent: "00-nonsense" } });
    await Promise.all(Array.from({ length: 20 }, get));
    const job = await server.client.submit({
      data: { generator: { type: "moons", samples: 60 } },
      model: { layers: [{ type: "linear" }] },
      epochs: 2,
    } as never);
    await server.client.wait(job.id);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    await server.stop();
    await folder.remove();
    const spans = receiver.spans.slice(before);
    const recorded = new Set(spans.map(({ traceId }) => traceId));
    const lines = server.logged.filter(({ msg }) => msg === "request");
    expect(lines.filter(({ trace_id }) => trace_id !== undefined).every(({ trace_id }) => recorded.has(String(trace_id)))).toBe(
      true,
    );
    expect(lines.some(({ trace_id }) => trace_id === undefined)).toBe(true);
    expect(Number(/^trainyard_traces_left_out_total (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(0);
    const run = spans.find(({ name }) => name === "run job");
    const queue = spans.find(({ name }) => name === "queue job");
    const submitted = spans.find(({ spanId }) => spanId === run?.parentSpanId);
    expect(["submit job", "POST /v1/jobs"]).toContain(submitted?.name);
    expect(queue).toMatchObject({ traceId: run?.traceId, parentSpanId: submitted?.spanId });
  });
});
