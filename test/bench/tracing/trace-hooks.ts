/** What the hooks of tracing cost a request by themselves: slices of a fraction of a millisecond, which other programs seldom interrupt. */
import { setImmediate as turn } from "node:timers/promises";
import { onRequestEnd } from "../../../src/http/connection/request-ending.ts";
import { traceRequests } from "../../../src/http/connection/trace-requests.ts";
import type { App } from "../../../src/http/context.ts";
import { createOtlpTracing } from "../../../src/telemetry/otlp-tracing.ts";
import type { SamplerName } from "../../../src/telemetry/tracing-settings.ts";
import { startOtlpReceiver } from "../../telemetry/otlp-receiver.ts";

type Hook = (request: unknown, reply: unknown, done: () => void) => void;
const HOOKS = ["onRequest", "preHandler", "onResponse"] as const;

/** An app that keeps its hooks in the order in which they run. */
function stage(add: (app: App) => void): readonly Hook[] {
  const hooks: { readonly name: string; readonly hook: Hook }[] = [];
  const addHook = (name: string, hook: Hook) => void hooks.push({ name, hook });
  add({ decorateRequest: () => undefined, addHook } as unknown as App);
  return HOOKS.flatMap((kind) => hooks.filter(({ name }) => name === kind).map(({ hook }) => hook));
}

class Log {
  readonly fields: object;
  constructor(fields: object) {
    this.fields = fields;
  }
  child(fields: object): Log {
    return new Log({ ...this.fields, ...fields });
  }
}

const DONE = () => undefined;
const URL = "/v1/models/mdl_01a22b83-ee63-7000-be63-0fb9110c5e40/predict";
const SLICE = 200;

function handle(hooks: readonly Hook[], headers: object): void {
  const log = new Log({ request_id: URL });
  const routeOptions = { url: "/v1/models/:ref/predict", config: { entersSpan: true } };
  const request = {
    method: "POST",
    url: URL,
    protocol: "http",
    headers,
    routeOptions,
    log,
    span: null,
    ws: null,
    project: "default",
  };
  const reply = { raw: { once: DONE, writableFinished: true }, log, statusCode: 200, elapsedTime: 0.1 };
  for (const hook of hooks) hook(request, reply, DONE);
}

/** Prints for each setting the microseconds of a request above those of a server that traces nothing. */
export async function compareHooks(rounds: number): Promise<void> {
  const receiver = await startOtlpReceiver();
  const traced = (sampler: SamplerName | null, ratio: number) => {
    const resource = { url: `${receiver.url}/v1/traces`, headers: {}, resource: {}, serviceName: null, instanceId: "one" };
    const tracing = createOtlpTracing({
      ...resource,
      sampler,
      ratio,
      perSecond: 100,
      counts: { leftOut: 0, lost: 0 },
      onExport: DONE,
    });
    return { tracing, hooks: stage((app) => traceRequests(app, tracing)) };
  };
  const records = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  const caller = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00" };
  const settings = [
    { name: "none", hooks: stage((app) => onRequestEnd(app, DONE)), headers: {} },
    { name: "by default, above 100 a second", ...traced(null, 1), headers: {} },
    { name: "by default, callers that record above that", ...traced(null, 1), headers: records },
    { name: "all traces", ...traced("parentbased_always_on", 1), headers: {} },
    { name: "one trace in 20", ...traced("parentbased_traceidratio", 0.05), headers: {} },
    { name: "one trace in a million", ...traced("parentbased_traceidratio", 1e-6), headers: {} },
    { name: "a caller that does not record", ...traced("parentbased_always_on", 1), headers: caller },
  ];
  const spent = settings.map((): number[] => []);
  for (let round = -rounds; round < rounds; round++)
    for (const at of round % 2 === 0 ? settings.keys() : [...settings.keys()].reverse()) {
      const { hooks, headers } = settings[at] as (typeof settings)[number];
      const startedAt = process.hrtime.bigint();
      for (let each = 0; each < SLICE; each++) handle(hooks, headers);
      if (round >= 0) spent[at]?.push(Number(process.hrtime.bigint() - startedAt) / 1000 / SLICE);
      // Exports leave between slices.
      for (let turns = 0; turns < 5; turns++) await turn();
    }
  const quantile = (list: readonly number[], share: number) =>
    list.toSorted((a, b) => a - b)[Math.floor(share * (list.length - 1))] ?? Number.NaN;
  for (const [at, { name }] of settings.entries()) {
    const above = (share: number) =>
      (quantile(spent[at] ?? [], share) - (at === 0 ? 0 : quantile(spent[0] ?? [], share))).toFixed(2);
    console.log(`${name}: ${at === 0 ? "" : "+"}${above(0.1)} µs (least tenth), ${at === 0 ? "" : "+"}${above(0.5)} (median)`);
  }
  for (const { tracing } of settings.flatMap((each) => ("tracing" in each ? [each] : []))) await tracing.close();
  await receiver.close();
}
