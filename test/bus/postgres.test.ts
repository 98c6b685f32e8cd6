import { once } from "node:events";
import { connect as connectTo, createServer, type Socket } from "node:net";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { openPostgresBus, type PostgresBus, type PostgresBusOptions } from "../../src/bus/postgres.ts";
import { busContract } from "../contract/bus.ts";
import { migratedDatabase } from "../contract/databases/postgres.ts";

const QUIET_MS = 60_000;

async function openBus(url: string, options: Partial<PostgresBusOptions> = {}): Promise<PostgresBus> {
  const client = new pg.Pool({ connectionString: url, max: 1 });
  client.on("error", () => undefined);
  const bus = await openPostgresBus({
    url,
    runSql: async (text, values) => (await client.query(text, values as unknown[])).rows,
    recentJobs: async () => [],
    onError: () => undefined,
    pollMs: QUIET_MS,
    ...options,
  });
  const close = async () => {
    await bus.close();
    await client.end();
  };
  return { ...bus, close };
}

busContract("the bus over PostgreSQL, in one process", async () => {
  const bus = await openBus(await migratedDatabase());
  return { bus, close: bus.close };
});

busContract("the bus over PostgreSQL, from one process to another", async () => {
  const url = await migratedDatabase();
  const [here, there] = [await openBus(url), await openBus(url)];
  return {
    bus: { ...here, subscribe: there.subscribe, subscribeAll: there.subscribeAll },
    close: async () => {
      await here.close();
      await there.close();
    },
  };
});

describe("the bus over PostgreSQL", () => {
  async function openTwo(options: Partial<PostgresBusOptions> = {}) {
    const url = await migratedDatabase();
    const [here, there] = [await openBus(url), await openBus(url, options)];
    onTestFinished(async () => {
      await here.close();
      await there.close();
    });
    return { url, here, there };
  }

  it("sends the hints of a busy job together, not one by one", async () => {
    const { url, here, there } = await openTwo();
    let notifications = 0;
    const spy = new pg.Client({ connectionString: url });
    await spy.connect();
    onTestFinished(() => spy.end());
    spy.on("notification", () => notifications++);
    await spy.query("listen trainyard");
    const last = Promise.withResolvers<void>();
    there.subscribe("job_last", () => last.resolve());
    for (let count = 0; count < 1000; count++) here.publish("job_busy");
    here.publish("job_last");
    await last.promise;
    await spy.query("select 1");
    expect(notifications).toBeLessThanOrEqual(2);
  });

  it("tells more jobs than fit into one notification", async () => {
    const { here, there } = await openTwo();
    const expected = Array.from({ length: 1000 }, (_, index) => `job_${String(index).padStart(36, "0")}`);
    const heard = new Set<string>();
    const all = Promise.withResolvers<void>();
    there.subscribeAll(({ jobId }) => {
      if (heard.add(jobId).size === expected.length) all.resolve();
    });
    for (const id of expected) here.publish(id);
    await all.promise;
    expect([...heard].sort()).toEqual(expected);
  });

  it("tells topics to every process, its own included", async () => {
    const { here, there } = await openTwo();
    const heard = [here, there].map((bus) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      bus.onTopic("models", resolve);
      return promise;
    });
    here.broadcast("models");
    await Promise.all(heard);
  });

  it("retakes a lost connection, and wakes those who may have missed something", async () => {
    const { url, there } = await openTwo({ recentJobs: async () => ["job_recent"] });
    const woken = Promise.withResolvers<void>();
    const recent = Promise.withResolvers<void>();
    const topic = Promise.withResolvers<void>();
    there.subscribe("job_a", () => woken.resolve());
    there.subscribeAll(({ jobId }) => jobId === "job_recent" && recent.resolve());
    there.onTopic("models", topic.resolve);
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    onTestFinished(() => admin.end());
    await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'trainyard-listen'");
    await Promise.all([woken.promise, recent.promise, topic.promise]);
    const again = Promise.withResolvers<void>();
    there.subscribe("job_b", () => again.resolve());
    await admin.query("select pg_notify('trainyard', $1)", [
      JSON.stringify({ from: "another", jobs: ["job_b"], removed: [], topics: [] }),
    ]);
    await again.promise;
  });

  it("makes good by a slow poll what a silent connection has swallowed", async () => {
    const target = new URL(await migratedDatabase());
    let isMute = false;
    const sockets: Socket[] = [];
    const proxy = createServer((inside) => {
      const outside = connectTo(Number(target.port), target.hostname);
      sockets.push(inside, outside);
      for (const [from, to] of [
        [inside, outside],
        [outside, inside],
      ] as const) {
        from.on("data", (chunk) => isMute || to.write(chunk));
        from.on("error", () => to.destroy());
        from.on("close", () => to.destroy());
      }
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const through = new URL(target);
    through.port = String((proxy.address() as { port: number }).port);
    const bus = await openBus(through.href, { pollMs: 50 });
    onTestFinished(async () => {
      isMute = false;
      for (const socket of sockets) socket.destroy();
      await bus.close();
      proxy.close();
    });
    isMute = true;
    const woken = Promise.withResolvers<void>();
    bus.subscribe("job_a", () => woken.resolve());
    await woken.promise;
  });

  it("passes over what is no notice", async () => {
    const { url, there, here } = await openTwo();
    const admin = new pg.Client({ connectionString: url });
    await admin.connect();
    onTestFinished(() => admin.end());
    const done = Promise.withResolvers<void>();
    there.subscribe("job_a", () => done.resolve());
    for (const payload of ["", "{", "[]", "null", '{"from":"x"}', '{"from":1,"jobs":[1],"removed":[],"topics":[]}'])
      await admin.query("select pg_notify('trainyard', $1)", [payload]);
    here.publish("job_a");
    await done.promise;
  });
});
