/** Tables that a real server fetches, and what comes of schedules on them: outcomes, kills, secrets. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it, vi } from "vitest";
import type { Client, ScheduleRequest, ScheduleRun } from "../../../src/client/index.ts";
import { createDataDir, startLiveServer } from "../live-server.ts";

const folder = await createDataDir();
const SETTINGS = { TRAINYARD_SOURCE_PRIVATE_HOSTS: "127.0.0.1", TRAINYARD_WEBHOOK_ALLOW_PRIVATE: "true" };
const SECRET = "zyxwvut-secret-8231";

/** What the source has, how often it was asked, and the webhooks that came. */
let table = "";
let tag: string | null = null;
let asked = 0;
let hold: ((response: ServerResponse) => void) | null = null;
const told: { type: string; data: ScheduleRun }[] = [];
const elsewhere = createServer((request, response) => {
  if (request.method === "POST") {
    let body = "";
    request.on("data", (chunk) => {
      body += chunk;
    });
    request.on("end", () => {
      told.push(JSON.parse(body));
      response.end();
    });
    return;
  }
  asked++;
  if (hold) return hold(response);
  if (request.headers.authorization !== `Bearer ${SECRET}`) return response.writeHead(403).end();
  if (tag !== null && request.headers["if-none-match"] === tag) return response.writeHead(304).end();
  response.writeHead(200, { "content-type": "text/csv", ...(tag !== null && { etag: tag }) }).end(table);
}).listen(0, "127.0.0.1");
await once(elsewhere, "listening");
const source = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
let server = await startLiveServer(folder.path, SETTINGS);
afterAll(async () => {
  elsewhere.closeAllConnections();
  elsewhere.close();
  await server.stop();
  await folder.remove();
});

/** Rows of y = 3 x, with noise in y of this size; `from` tells tables apart. */
const tableOf = (rows: number, noise: number, from = 0) =>
  [
    "x,y",
    ...Array.from({ length: rows }, (_, row) => {
      const x = (((row + from) * 7919) % 1009) / 100;
      return `${x},${3 * x + noise * ((((row + from) * 104729) % 1000) / 500 - 1)}`;
    }),
    "",
  ].join("\n");

const REQUEST: ScheduleRequest = {
  ...{ name: "nightly", cron: "0 3 * * *", timezone: "Europe/Berlin" },
  source: { url: `${source}/readings.csv?token=${SECRET}`, headers: { authorization: `Bearer ${SECRET}` } },
  job: {
    name: "readings",
    data: { dataset: { target: "y" } },
    model: { layers: [{ type: "linear" }] },
    ...{ optimizer: { type: "adam", lr: 0.1 }, epochs: 60, batch_size: 32, seed: 3 },
  },
  promote: { alias: "production", min_gain: 0.001 },
  webhook: { url: `${source}/hook` },
};

async function ended(client: Client, schedule: string, run: string): Promise<ScheduleRun> {
  return await vi.waitFor(
    async () => {
      const found = (await client.scheduleRuns(schedule)).data.find(({ id }) => id === run);
      expect(found?.finished_at).toBeTruthy();
      return found as ScheduleRun;
    },
    { timeout: 90_000, interval: 100 },
  );
}

const runOnce = async (schedule: string) => ended(server.client, schedule, (await server.client.runSchedule(schedule)).id);

/** Rows that the second job tests on and the first did not, which have the text of one that the first did not test on. */
async function countSeen(oldJob: string, newJob: string): Promise<number> {
  const rowsOf = async (job: string) => {
    const { parts, features, targets } = await server.client.jobRows(job, { limit: 1000 });
    return parts.map((part, row) => ({ part, text: `${features[0]?.values[row]} ${targets[0]?.values[row]}` }));
  };
  const [before, now] = [await rowsOf(oldJob), await rowsOf(newJob)];
  const trained = new Set(before.filter(({ part }) => part !== "test").map(({ text }) => text));
  return now.filter(({ part, text }) => part === "test" && trained.has(text)).length;
}

describe("a table elsewhere", () => {
  it("becomes the data set that it would be when uploaded", async () => {
    table = tableOf(50, 0.1);
    const headers = { authorization: `Bearer ${SECRET}` };
    const imported = await server.client.importDataset({ source: { url: `${source}/some%20rows.csv`, headers } });
    expect(imported).toMatchObject({ name: "some rows", format: "csv", rows: 50 });
    const uploaded = await server.client.upload(table, { format: "csv", name: "again" });
    expect(uploaded.id).toBe(imported.id);
    await expect(server.client.importDataset({ source: { url: `${source}/x.csv` } })).rejects.toMatchObject({
      message: expect.stringContaining("answered 403"),
    });
    for (const url of ["https://10.0.0.1/x.csv", "https://localhost/x.csv", "http://[::1]/x.csv"])
      await expect(server.client.importDataset({ source: { url } })).rejects.toMatchObject({ problem: { status: 422 } });
  });
});

describe("a schedule", () => {
  it("trains on what is new, and promotes what is better on rows that neither model has seen", async () => {
    const { client } = server;
    table = tableOf(400, 20);
    const { id, ...schedule } = await client.createSchedule(REQUEST);
    expect(schedule).toMatchObject({
      paused: false,
      last_run: null,
      source: { url: `${source}/readings.csv`, headers: ["authorization"] },
    });
    expect(schedule.next_at).toMatch(/T0[12]:00:00/);

    const first = await runOnce(id);
    expect(first).toMatchObject({ state: "promoted", model: { name: "readings", version: 1 }, comparison: null, error: null });
    expect(await runOnce(id)).toMatchObject({ state: "unchanged", job: null, sha256: first.sha256 });

    // The same rows with less noise, and others: all are new to the old model.
    table = tableOf(400, 0.01, 5000);
    tag = '"two"';
    const second = await runOnce(id);
    expect(second.comparison).toMatchObject({ metric: "r2", rows: 80, rows_seen: 0, reason: null, old: { version: 1 } });
    const gain = (second.comparison?.new_value ?? 0) - (second.comparison?.old_value ?? 0);
    expect(second.comparison?.gain).toBeCloseTo(gain, 12);
    expect(second).toMatchObject({ state: gain >= 0.001 ? "promoted" : "kept", model: { version: 2 } });

    // The source says that it is the same.
    expect(await runOnce(id)).toMatchObject({ state: "unchanged", dataset: null });

    // The table has grown: what trained the model is left out of the comparison, and the alias stays where there is nothing to gain.
    table = `${table}${tableOf(100, 0.01, 9000).slice(4)}`;
    tag = null;
    await client.changeSchedule(id, { promote: { alias: "production", min_gain: 5 } });
    const third = await runOnce(id);
    expect(third).toMatchObject({ state: "kept", model: { version: 3 } });
    expect(third.comparison?.rows_seen).toBeGreaterThan(20);
    expect((third.comparison?.rows ?? 0) + (third.comparison?.rows_seen ?? 0)).toBe(100);
    expect(third.comparison?.rows_seen).toBe(
      await countSeen((second.state === "promoted" ? second : first).job ?? "", third.job ?? ""),
    );
    expect((await client.model("readings@production")).version).toBe(second.state === "promoted" ? 2 : 1);

    await vi.waitFor(() => expect(told.map(({ type }) => type)).toContain("schedule.kept"), { timeout: 20_000, interval: 100 });
    expect(told.find(({ data }) => data.id === third.id)?.data).toEqual(third);

    // What changes the result trains again on the same table.
    await client.changeSchedule(id, { job: { ...REQUEST.job, seed: 4 }, promote: null });
    expect(await runOnce(id)).toMatchObject({ state: "trained", model: { version: 4 }, comparison: null });
    await client.removeSchedule(id);
    await expect(client.schedule(id)).rejects.toMatchObject({ problem: { status: 404 } });
    expect((await client.model("readings@1")).version).toBe(1);
  });

  it("says what is wrong with it, before its time and after", async () => {
    const { client } = server;
    const refused = async (more: object, pointer: string) =>
      expect(client.createSchedule({ ...REQUEST, ...more })).rejects.toMatchObject({
        problem: { status: 422, errors: expect.arrayContaining([expect.objectContaining({ pointer })]) },
      });
    await refused({ cron: "* * * * *" }, "/cron");
    await refused({ cron: "0 0 31 2 *" }, "/cron");
    await refused({ timezone: "Mars/Base" }, "/timezone");
    await refused({ job: { ...REQUEST.job, epochs: -1 } }, "/job/epochs");
    await refused({ job: { data: { dataset: { id: "ds_x", target: "y" } } } }, "/job/data");
    await refused({ source: { url: `${source}/x`, s3: { bucket: "bbb", key: "k" } } }, "/source");
    await refused({ source: { postgres: { url: "postgres://h/d?host=/var/run", query: "select 1" } } }, "/source/postgres/url");
    const { id } = await client.createSchedule({ ...REQUEST, source: { url: `${source}/x.csv` }, paused: true });
    expect((await client.schedule(id)).next_at).toBeNull();
    expect(await runOnce(id)).toMatchObject({ state: "failed", error: expect.stringContaining("/source/url: answered 403") });
    const wrong = { ...REQUEST.job, data: { dataset: { target: "no_such_column" } } };
    await client.changeSchedule(id, { source: REQUEST.source, job: wrong });
    expect(await runOnce(id)).toMatchObject({ state: "failed", error: expect.stringContaining("no_such_column") });
    await client.removeSchedule(id);
  });

  it("goes on after its server was killed, and tells nobody what is secret", async () => {
    const { id } = await server.client.createSchedule(REQUEST);
    table = tableOf(120, 0.2, 20_000);
    const before = asked;
    hold = () => undefined;
    const { id: run } = await server.client.runSchedule(id);
    await vi.waitFor(() => expect(asked).toBeGreaterThan(before), { timeout: 20_000 });
    await expect(server.client.runSchedule(id)).rejects.toMatchObject({ problem: { status: 409 } });
    server.process.kill("SIGKILL");
    await server.ended;
    hold = null;
    const killed = server;
    server = await startLiveServer(folder.path, SETTINGS);
    expect(await ended(server.client, id, run)).toMatchObject({ state: expect.stringMatching(/promoted|kept/), error: null });
    for (const { logged } of [killed, server]) expect(JSON.stringify(logged)).not.toContain(SECRET);
    expect(JSON.stringify([await server.client.schedules(), await server.client.scheduleRuns(id)])).not.toContain(SECRET);
    // Killed again, when the model is there and the alias has not moved, as near as a client can tell.
    table = tableOf(130, 0.2, 30_000);
    const { id: next } = await server.client.runSchedule(id);
    await vi.waitFor(
      async () => expect((await server.client.scheduleRuns(id)).data.find((each) => each.id === next)?.model).toBeTruthy(),
      { timeout: 60_000, interval: 2 },
    );
    server.process.kill("SIGKILL");
    await server.ended;
    server = await startLiveServer(folder.path, SETTINGS);
    const end = await ended(server.client, id, next);
    expect(end).toMatchObject({ state: expect.stringMatching(/promoted|kept/), error: null });
    const inUse = await server.client.model("readings@production");
    expect(inUse.version === end.model?.version).toBe(end.state === "promoted");
    const { data: sent } = await server.client.runWebhookDeliveries(id, next);
    expect(sent).toMatchObject([{ url: `${source}/hook` }]);
    await expect(server.client.runWebhookDeliveries(id, "srn_00000000-0000-7000-8000-000000000000")).rejects.toMatchObject({
      problem: { status: 404 },
    });
    await server.client.removeSchedule(id);
  });
});
