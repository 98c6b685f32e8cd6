/** How late the server's event loop is while jobs train and stream. */
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "../../../src/client/client.ts";
import { readEventStream, readSocket } from "../../http/streaming/readers.ts";
import { ENDLESS, type Service, whole } from "./bench.ts";

const STREAM_SECONDS = 10;

export async function measureEventLoop(service: Service): Promise<void> {
  const { client, url } = service;
  await lateness(service, "idle", () => delay(1000));
  await lateness(service, "two jobs train, each with a reader", () => trainAndStream(client, url, 1));
  await lateness(service, "two jobs train, each with four readers", () => trainAndStream(client, url, 4));
  await lateness(service, "a body of 30 MB is submitted meanwhile", () => submitLarge(client));
}

async function lateness({ report }: Service, what: string, work: () => Promise<unknown>): Promise<void> {
  await report();
  await work();
  const { worstMs, p99Ms, meanMs, busiestMs } = await report();
  const figures = `late by ${worstMs.toFixed(1)} ms at worst, p99 ${p99Ms.toFixed(2)} ms, mean ${meanMs.toFixed(2)} ms`;
  console.log(`${what}: ${figures}; busy for ${busiestMs.toFixed(1)} ms at most`);
}

async function trainAndStream(api: Client, base: string, count: number): Promise<void> {
  const jobs = await Promise.all([api.submit(ENDLESS), api.submit({ ...ENDLESS, seed: 1 })]);
  const readers = jobs.flatMap(({ id }) => [
    ...Array.from({ length: Math.ceil(count / 2) }, () => readSocket(base, id).closed),
    ...Array.from({ length: Math.floor(count / 2) }, () => readEventStream(base, id)),
  ]);
  await delay(STREAM_SECONDS * 1000);
  for (const { id } of jobs) await api.cancel(id);
  await Promise.all(readers);
  const done = await Promise.all(jobs.map(({ id }) => api.job(id)));
  const epochs = done.map(({ epochs_done }) => whole(epochs_done));
  console.log(
    `  (${epochs.join(" and ")} epochs in ${STREAM_SECONDS} s, each streamed to ${count} reader${count > 1 ? "s" : ""})`,
  );
}

async function submitLarge(api: Client): Promise<void> {
  const features = Array.from({ length: 300_000 }, (_, row) => [row / 7, row / 11, row / 13, row / 17, row / 19]);
  const targets = features.map(([x = 0]) => x);
  await api.validate({ data: { inline: { features, targets } }, model: { layers: [{ type: "linear" }] } });
}
