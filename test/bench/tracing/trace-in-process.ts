/**
 * What traces cost a prediction of one row in all that the server does for it but its sockets: apps in this process answer four requests at a
 * time, in random order. Slices of half a millisecond are seldom interrupted, so that their least twentieth can be compared on a busy machine.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { pino } from "pino";
import { createServices } from "../../../src/app/services.ts";
import { createLocalBus } from "../../../src/bus/local.ts";
import { createId } from "../../../src/domain/id.ts";
import { NO_TRACING, type Tracing } from "../../../src/domain/operation/tracing.ts";
import { buildApp } from "../../../src/http/app.ts";
import { createLifecycle } from "../../../src/http/connection/lifecycle.ts";
import type { App } from "../../../src/http/context.ts";
import { createEmbeddedQueue } from "../../../src/queue/embedded.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { openStore } from "../../../src/storage/open.ts";
import { createOtlpTracing } from "../../../src/telemetry/otlp-tracing.ts";
import { traceComputePool, traceStore } from "../../../src/telemetry/traced.ts";
import { createComputePool } from "../../../src/worker/compute/compute-pool.ts";
import { aModel, someWeights } from "../../contract/fixtures.ts";
import { createDataDir } from "../../e2e/live-server.ts";
import { quantile } from "../processor-rounds.ts";

const AT_ONCE = 4;
const WARM_UP = 500;
const DEFAULT = "by default";
const SHARES = [0.05, 0.1, 0.25, 0.5];

/** Prints for each setting the microseconds of a request above those of a server that traces nothing, at some quantiles of the slices. */
export async function compareInProcess(rounds: number): Promise<void> {
  const folder = await createDataDir();
  // One that looks at nothing: what it does is done between slices, in the same caches.
  const receiver = createServer((incoming, answer) => {
    incoming.resume();
    incoming.on("end", () => answer.end());
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const { port } = receiver.address() as AddressInfo;
  const config = parseConfig({});
  const store = await openStore({ dataDir: folder.path });
  const onError = (error: unknown) => console.error(error);
  const computePool = createComputePool({ limits: config.limits, threads: 1, startsLate: true, onError });
  const model = { ...aModel("job_a"), id: createId("model"), jobId: null };
  const { id, inputWidth } = await store.models.insert(model, someWeights());
  const uploadSpool = { ofProject: () => uploadSpool } as never;
  const appOf = async (tracing: Tracing): Promise<App> => {
    const services = createServices({
      ...{ queue: createEmbeddedQueue(store, 10), bus: createLocalBus(onError), trainingPool: {} as never, uploadSpool },
      ...{ sources: {} as never, limits: config.limits, tracing, log: pino({ level: "silent" }) },
      ...{ store: traceStore(store, tracing), computePool: traceComputePool(computePool, tracing) },
    });
    const lifecycle = createLifecycle();
    const app = await buildApp({
      ...{ services, lifecycle, log: pino({ level: "info" }, { write: () => undefined }), dashboardDirectory: null },
      ...{ access: { ...config.access, localOnly: true, rateLimiter: null }, sockets: config.sockets, heartbeatEveryMs: 1e6 },
    });
    lifecycle.markReady();
    return app;
  };
  // The app that records by default is alone on a busy server: its clock runs while it answers.
  let ownMs = 0;
  const traced = (ratio: number | null) =>
    createOtlpTracing({
      ...{ sampler: ratio === null ? null : "parentbased_traceidratio", ratio: ratio ?? 1, perSecond: 100, now: () => ownMs },
      ...{ counts: { leftOut: 0, lost: 0 }, url: `http://127.0.0.1:${port}/v1/traces`, headers: {}, resource: {} },
      ...{ serviceName: null, instanceId: "one", onExport: () => undefined },
    });
  const settings: readonly (readonly [name: string, tracing: Tracing])[] = [
    ["none", NO_TRACING],
    ["none again", NO_TRACING],
    [DEFAULT, traced(null)],
    ["all traces", traced(1)],
    ["one trace in 20", traced(0.05)],
    ["one trace in a million", traced(1e-6)],
  ];
  const apps: App[] = [];
  for (const [, tracing] of settings) apps.push(await appOf(tracing));
  const payload = JSON.stringify({ instances: [Array.from({ length: inputWidth }, () => 0.5)] });
  const request = {
    ...{ method: "POST" as const, url: `/v1/models/${id}/predict`, payload },
    headers: { "content-type": "application/json", host: "127.0.0.1" },
  };
  const spent = settings.map((): number[] => []);
  for (let round = -WARM_UP; round < rounds; round++)
    for (const at of [...apps.keys()].sort(() => Math.random() - 0.5)) {
      const startedAt = process.hrtime.bigint();
      const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => apps[at]?.inject(request)));
      const us = Number(process.hrtime.bigint() - startedAt) / 1000 / AT_ONCE;
      if (answers[0]?.statusCode !== 200) throw new Error(answers[0]?.body);
      if (settings[at]?.[0] === DEFAULT) ownMs += (us * AT_ONCE) / 1000;
      if (round >= 0) spent[at]?.push(us);
      // Exports leave between slices.
      for (let turns = 0; turns < 3; turns++) await turn();
    }
  for (const share of SHARES) {
    const [first = 0, second = 0] = spent.map((list) => quantile(list, share));
    const told = settings.slice(1).map(([name], at) => {
      const of = at === 0 ? first : (first + second) / 2;
      const us = quantile(spent[at + 1] ?? [], share);
      return `${name} ${us - of < 0 ? "" : "+"}${(us - of).toFixed(2)} µs (${(us / of).toFixed(3)})`;
    });
    console.log(`quantile ${share}: ${((first + second) / 2).toFixed(1)} µs without traces; ${told.join(", ")}`);
  }
  for (const app of apps) await app.close();
  for (const [, tracing] of settings) await tracing.close();
  await computePool.close();
  await store.close();
  receiver.close();
  await folder.remove();
}
