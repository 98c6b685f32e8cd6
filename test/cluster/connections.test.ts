/** Connections to the database are cut while things are committed: every epoch is there, once. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Cluster, createCluster, faultOf, LONG, type Node, readAcross, shaOf, undisturbed, until } from "./nodes.ts";
import { openProxy, type TcpProxy } from "./proxy.ts";

const CUTS = 25;
/** Trains for longer than connections are cut. */
const JOB = { ...LONG, epochs: 16_000 };

let cluster: Cluster;
let proxy: TcpProxy;
let serve: Node;
let sha256: string;

beforeAll(async () => {
  cluster = await createCluster(async (url) => {
    proxy = await openProxy(url);
    return proxy.url;
  });
  [serve] = (await Promise.all([cluster.start("serve"), cluster.start("work")])) as [Node, Node];
  sha256 = await undisturbed(serve, JOB);
}, 120_000);
afterAll(async () => {
  await cluster.remove();
  await proxy.close();
}, 60_000);

it("loses no epoch, and stores none twice, when connections are cut in the middle of commits", async () => {
  const { id } = await serve.client.submit(JOB);
  const reading = readAcross([serve.url], id);
  await until(async () => (await serve.client.job(id)).epochs_done > 0);
  let cut = 0;
  for (let round = 0; round < CUTS; round++) {
    cut += proxy.cut();
    // At no regular distance from what the worker writes ten times a second.
    await delay(70 + ((round * 37) % 90));
  }
  expect(cut).toBeGreaterThan(CUTS);
  const job = await until(async () => {
    const now = await serve.client.job(id);
    return now.finished_at !== null && now;
  });
  expect(shaOf(job)).toBe(sha256);
  expect(faultOf(await reading, JOB.epochs)).toBeNull();
});
