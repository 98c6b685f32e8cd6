/** Rows that are forgotten by a real server: bits, names, kills, and every byte of its files. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import type { Forget, JobSpec } from "../../../src/client/answers.ts";
import type { Client } from "../../../src/client/client.ts";
import { createDataDir, databaseOf, startLiveServer } from "../live-server.ts";

const folder = await createDataDir();
afterAll(() => folder.remove());

/** A label, a text and a number that only the forgotten row has. */
const MARKER = "Zyxwvut-Marker-8231";
const NUMBER = 8231.4375;
const FORGOTTEN = 17;
const ROWS = 60;

/** A table of two classes; with the marker in one row or without this row. */
function tableOf({ isWhole }: { readonly isWhole: boolean }): Uint8Array<ArrayBuffer> {
  const lines = Array.from({ length: ROWS }, (_, row) => {
    const who = row === FORGOTTEN ? MARKER : `person ${row}`;
    const city = row === FORGOTTEN ? `city ${MARKER}` : ["Ulm", "Bonn", "Kiel"][row % 3];
    const x = row === FORGOTTEN ? NUMBER : ((row * 7919) % 101) / 10;
    return `${who},${city},${x},${row % 2 === 0 ? "yes" : "no"}`;
  });
  const kept = isWhole ? lines : lines.filter((_, row) => row !== FORGOTTEN);
  return new TextEncoder().encode(["who,city,x,answer", ...kept, ""].join("\n"));
}

const specOf = (dataset: string, more: Partial<JobSpec> = {}): JobSpec => ({
  name: "plain",
  data: { dataset: { id: dataset, features: ["city", "x"], target: "answer" } },
  model: { layers: [{ type: "linear", units: 8 }, { type: "relu" }, { type: "linear" }] },
  split: null,
  epochs: 30,
  batch_size: 16,
  seed: 5,
  checkpoint: { every_epochs: 10, min_seconds: 0 },
  ...more,
});

/** A search, whose candidates and folds are resolved from the rows. */
const searchOf = (dataset: string, name: string): JobSpec => ({
  name,
  data: { dataset: { id: dataset, features: ["city", "x"], target: "answer" } },
  model: { auto: { trials: 2, folds: 2 } },
  seed: 5,
});

async function train(client: Client, spec: JobSpec) {
  const job = await client.wait((await client.submit(spec)).id);
  expect(job).toMatchObject({ state: "succeeded" });
  return job;
}

async function ended(client: Client, id: string): Promise<Forget> {
  for (;;) {
    const run = await client.readForget(id);
    if (run.state !== "retraining" && run.state !== "erasing") return run;
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

/** The number as JSON, a column of a data set, and SQLite write it. */
const doubles = [Buffer.alloc(8), Buffer.alloc(8)] as const;
doubles[0].writeDoubleLE(NUMBER);
doubles[1].writeDoubleBE(NUMBER);
const MARKS = [MARKER, `${NUMBER}`, ...doubles].map((mark) => Buffer.from(mark));
/** How PostgreSQL writes a record with one of them as text, in which bytes are hexadecimal. */
const AS_TEXT = [MARKER, `${NUMBER}`, ...MARKS.map((mark) => mark.toString("hex"))];

const isOnPostgres = process.env.TRAINYARD_TEST_STORE === "postgres";

/** Files of a data directory that have the marker, and tables of the database that goes with it, also those of the queue. */
async function placesWithMarker(path: string): Promise<string[]> {
  const names = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const found: string[] = [];
  for (const { parentPath, name } of names) {
    const content = await readFile(join(parentPath, name));
    if (MARKS.some((mark) => content.includes(mark))) found.push(name);
  }
  return isOnPostgres ? [...found, ...(await tablesWithMarker((await databaseOf(path)).TRAINYARD_DATABASE_URL!))] : found;
}

async function tablesWithMarker(connectionString: string): Promise<string[]> {
  const database = new pg.Client({ connectionString });
  await database.connect();
  try {
    const { rows: tables } = await database.query<{ name: string }>(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const query = `select 1 from ${name} as record where record::text like any($1) limit 1`;
      if ((await database.query(query, [AS_TEXT.map((mark) => `%${mark}%`)])).rowCount === 1) found.push(name);
    }
    return found;
  } finally {
    await database.end();
  }
}

const SPLITS: readonly Partial<JobSpec>[] = [
  { name: "plain" },
  { name: "shares", split: { validation: 0.25 } },
  { name: "positions", split: { validation_rows: [3, FORGOTTEN, 20, 59], test_rows: [0, 30] } },
];
/** As `positions` is without the row. */
const RENUMBERED = { validation_rows: [3, 19, 58], test_rows: [0, 29] };

/** In a cluster, what a killed process held is free when its leases of ten seconds are over: of the run, and of a job. */
const TIMEOUT_MS = isOnPostgres ? 120_000 : 60_000;

describe("a row that is forgotten", () => {
  it("is in no file afterwards, and the models are those of a table that never had it", async () => {
    const dataDir = join(folder.path, "one");
    const server = await startLiveServer(dataDir);
    const { client } = server;
    const { id } = await client.upload(tableOf({ isWhole: true }), { format: "csv", name: "people" });
    const corrected = await client.correct(id, { column: "x", cells: [{ row: 1, value: 4.5 }] });
    const old = [];
    for (const more of SPLITS) old.push(await train(client, specOf(id, more)));
    const [plain] = old;
    old.push(await train(client, searchOf(id, "searched")));
    // A question about the row itself, which its job keeps.
    const question = await client.influence("plain@1", {
      instances: [{ city: `city ${MARKER}`, x: 3 }],
      rows: [2, 4],
      name: "asked",
    });
    old.push(await client.wait(question.id));
    old.push(await client.wait((await client.seeds("shares@1", { seeds: 5, name: "lucky" })).id));
    // Looks for wrong labels, and shows the rows with their cells.
    const audit = await client.audit(id, { target: "answer", features: ["city", "x"], repeats: 1 });
    old.push(await client.wait(audit.id));
    await client.setAlias("plain", "production", 1);
    await client.tag("plain@1", { owner: "ada" });
    const tuned = specOf(corrected.id, { name: "tuned", init_from: { model: "plain@1", freeze: [] } });
    old.push(await train(client, tuned));
    const sweep = await client.submitSweep({
      name: "rates",
      job: specOf(id, { name: "swept" }),
      parameters: { "/optimizer/lr": { values: [0.01, 0.1] } },
      method: { type: "grid" },
      objective: { metric: "loss" },
    });
    for (;;) {
      const { state } = await client.sweep(sweep.id);
      if (state === "succeeded") break;
      await new Promise((resolve) => setTimeout(resolve, 30));
    }

    const request = { keys: { column: "who", values: [MARKER] } };
    // The job of the best trial may still run.
    for (const job of (await client.planForget(id, request)).running) await client.wait(job);
    const plan = await client.planForget(id, request);
    expect(plan).toMatchObject({ rows: [FORGOTTEN], running: [] });
    expect(plan.datasets.map((dataset) => dataset.id).sort()).toEqual([id, corrected.id].sort());
    expect(plan.models.map(({ job_name }) => job_name)).toEqual([
      "plain",
      "shares",
      "positions",
      "searched",
      "asked",
      "lucky",
      "labels of people",
      "tuned",
      "swept",
    ]);
    expect(plan.sweeps.map(({ name }) => name)).toEqual(["rates"]);
    expect(await placesWithMarker(dataDir)).not.toEqual([]);

    const run = await ended(client, (await client.forget(id, request)).id);
    expect(run).toMatchObject({ state: "succeeded", retrained: 7, to_retrain: 7, error: null });
    expect(run.receipt).toMatchObject({ rows: 1, erased: { datasets: 2, jobs: 9, models: 9, sweeps: 1 } });
    expect(AS_TEXT.filter((mark) => JSON.stringify(run).includes(mark))).toEqual([]);

    expect(await placesWithMarker(dataDir)).toEqual([]);
    // PostgreSQL has tools of its own for backups.
    if (!isOnPostgres) {
      const backup = Buffer.from(await (await fetch(`${server.url}/v1/backup`, { method: "POST" })).arrayBuffer());
      expect(backup.subarray(0, 6).toString()).toBe("SQLite");
      expect(MARKS.filter((mark) => backup.includes(mark))).toEqual([]);
    }

    await expect(client.dataset(id)).rejects.toMatchObject({ problem: { status: 404 } });
    for (const { id: job, model } of old) {
      await expect(client.job(job)).rejects.toMatchObject({ problem: { status: 404 } });
      await expect(client.model(model!.id)).rejects.toMatchObject({ problem: { status: 404 } });
    }
    const production = await client.model("plain@production");
    expect(production).toMatchObject({ version: 2, tags: { owner: "ada" } });
    expect(production.sha256).not.toBe(plain?.model?.sha256);

    const never = await client.upload(tableOf({ isWhole: false }), { format: "csv", name: "never" });
    const table = run.datasets.find((dataset) => dataset.id === id);
    const remaining = await client.dataset(table!.replaced_by!);
    expect(remaining.columns).toEqual(never.columns);
    const neverCorrected = await client.correct(never.id, { column: "x", cells: [{ row: 1, value: 4.5 }] });
    const of = (name: string) => run.models.find(({ job_name }) => job_name === name)?.replaced_by?.sha256;
    for (const { name, split } of SPLITS) {
      const given = name === "positions" ? RENUMBERED : split;
      const fresh = await train(
        client,
        specOf(never.id, { name: `${name}-never`, ...(given !== undefined && { split: given }) }),
      );
      expect(of(name!), name).toBe(fresh.model?.sha256);
    }
    const searched = await train(client, searchOf(never.id, "searched-never"));
    expect(of("searched")).toBe(searched.model?.sha256);
    const tunedNever = { ...specOf(neverCorrected.id, tuned), name: "tuned-never" };
    const again = await train(client, {
      ...tunedNever,
      data: { dataset: { id: neverCorrected.id, features: ["city", "x"], target: "answer" } },
      init_from: { model: "plain-never@1", freeze: [] },
    });
    expect(of("tuned")).toBe(again.model?.sha256);
    expect(await server.stop()).toBe(0);
    expect(await placesWithMarker(dataDir)).toEqual([]);
  });

  it(
    "is forgotten by a server that is killed again and again",
    async () => {
      const dataDir = join(folder.path, "killed");
      let server = await startLiveServer(dataDir);
      const { id } = await server.client.upload(tableOf({ isWhole: true }), { format: "csv", name: "people" });
      for (const name of ["first", "second"]) await train(server.client, specOf(id, { name, checkpoint: {} }));
      await server.client.setAlias("first", "production", 1);
      const run = await server.client.forget(id, { positions: [FORGOTTEN] });
      /** What a look at the run must show for the server to be killed; each is seen at the latest when the run has ended. */
      const moments: readonly ((now: Forget) => boolean)[] = [
        (now) => now.datasets[0]?.replaced_by !== null,
        (now) => now.state !== "retraining",
      ];
      for (const isNow of moments) {
        while (!isNow(await server.client.readForget(run.id))) await new Promise((resolve) => setTimeout(resolve, 10));
        server.process.kill("SIGKILL");
        await server.ended;
        server = await startLiveServer(dataDir);
      }
      expect(await ended(server.client, run.id)).toMatchObject({ state: "succeeded", retrained: 2 });
      expect(await server.client.model("first@production")).toMatchObject({ version: 2 });
      expect((await server.client.datasets()).data).toHaveLength(1);
      expect((await server.client.jobs()).data).toHaveLength(2);
      expect(await server.stop()).toBe(0);
      expect(await placesWithMarker(dataDir)).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
