/**
 * The real server process is killed at random moments, again and again, while jobs are queued, running, pausing, cancelling and
 * written down, and webhooks are on their way. In the end every job has come to what an undisturbed one comes to.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import type { Job, JobSpec } from "../../src/client/answers.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../e2e/live-server.ts";
import { createChance } from "./chance.ts";
import { openReceiver } from "./receiver.ts";
import { SPECS } from "./specs.ts";
import { createWitness, type Series } from "./witness.ts";
import { call, createYard, isEnded, jobsOf, MOMENTS, SETTINGS } from "./yard.ts";

/** One for each moment; which jobs it meets, and where in them, is another one in each run. `npm run test:faults` makes many. */
const rounds = Number(process.env.FAULT_ROUNDS ?? MOMENTS.length);
const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31));

const folder = await createDataDir();
afterAll(() => folder.remove());

interface Reference {
  readonly sha256: string;
  readonly series: Series;
}

/** What each spec comes to when nobody disturbs it. */
async function undisturbed(server: LiveServer): Promise<ReadonlyMap<string, Reference>> {
  const references = new Map<string, Reference>();
  for (const [name, spec] of Object.entries(SPECS)) {
    const job = await server.client.wait((await server.client.submit({ ...spec, name } as JobSpec)).id);
    if (!job.model) throw new Error(`${name} ended as ${job.state}: ${job.error?.detail}`);
    references.set(name, { sha256: job.model.sha256, series: await createWitness().judge(server.url, job) });
  }
  return references;
}

/** Resumes what is paused and waits until every job has ended. */
async function settle(url: string): Promise<Job[]> {
  for (;;) {
    const jobs = await jobsOf(url);
    for (const { id } of jobs.filter(({ state }) => state === "paused")) await call(url, "POST", `jobs/${id}/resume`);
    if (jobs.every(isEnded)) return jobs;
    await delay(50);
  }
}

it(
  `loses nothing in ${rounds} kills (seed ${seed})`,
  async () => {
    const chance = createChance(seed);
    const receiver = await openReceiver(createChance(seed + 1));
    const yard = createYard(folder.path, chance, receiver.url);
    const witness = createWitness();
    const kills = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      const moment = MOMENTS[round < MOMENTS.length ? round : chance.below(MOMENTS.length)] as (typeof MOMENTS)[number];
      await yard.disturb(moment, witness.look);
      kills.set(moment, (kills.get(moment) ?? 0) + 1);
    }

    const server = await startLiveServer(folder.path, SETTINGS);
    const jobs = await settle(server.url);
    const references = await undisturbed(server);
    let attempts = 0;
    for (const job of jobs) {
      const reference = references.get(job.name) as Reference;
      const series = await witness.judge(server.url, job);
      const epochs = job.epochs_done;
      for (const [name, values] of Object.entries(series)) {
        expect(values, `${name} of ${job.id}`).toEqual(reference.series[name]?.slice(0, epochs));
      }
      if (job.state === "succeeded") expect(job.model?.sha256).toBe(reference.sha256);
      else expect([job.state, yard.cancelled.has(job.id)], JSON.stringify(job.error)).toEqual(["cancelled", true]);
      const { data } = await call<{ data: object[] }>(server.url, "GET", `jobs/${job.id}/checkpoints`);
      expect(data.length).toBeLessThanOrEqual(3);
      attempts += job.attempt;
    }
    const untold = () => jobs.filter(({ id, state }) => !receiver.received.get(id)?.has(`job.${state}`)).map(({ id }) => id);
    await expect.poll(untold).toEqual([]);
    expect(await server.stop()).toBe(0);
    await receiver.close();
    const figures = { seed, kills: Object.fromEntries(kills), jobs: jobs.length, attempts, webhooks: receiver.received.size };
    process.stdout.write(`faults: ${JSON.stringify(figures)}\n`);
  },
  300_000 + rounds * 30_000,
);
