/**
 * The real server is killed while it runs sweeps and searches for a model, and threads of it are. Each sweep comes to the trials, the winner and the
 * model of one that nobody disturbed, and so does the search.
 */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import type { JobSpec } from "../../src/client/answers.ts";
import type { SweepSpec, Trial } from "../../src/client/sweeps.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../e2e/live-server.ts";
import { createChance } from "./chance.ts";
import { KILLABLE_THREADS } from "./yard.ts";

const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** A trial whose thread dies a third time has failed: fewer, so that none can. */
const THREADS_KILLED = 2;
/** The first before the search has a checkpoint, the second after it. */
const kills = Number(process.env.SWEEP_KILLS ?? 3);

const folder = await createDataDir();
afterAll(() => folder.remove());

const spec = (name: string, method: SweepSpec["method"]): SweepSpec => ({
  name,
  job: {
    name,
    data: { generator: { type: "moons", samples: 60, noise: 0.1, seed: 7 } },
    split: { validation: 0.25 },
    model: { layers: [{ type: "linear", units: 4 }, { type: "tanh" }, { type: "linear" }] },
    epochs: 3000,
  },
  parameters: { "/optimizer/lr": { min: 0.001, max: 0.3, scale: "log" }, "/seed": { min: 0, max: 99, integer: true } },
  method,
  trials: 30,
});

const SPECS = [
  spec("kill-random", { type: "random" }),
  spec("kill-tpe", { type: "tpe", startup_trials: 8 }),
  spec("kill-halving", { type: "halving", factor: 3, min_epochs: 300 }),
];

const CANDIDATES = 6;
const SEARCH: JobSpec = {
  name: "searched",
  data: { generator: { type: "moons", samples: 100, noise: 0.3, seed: 7 } },
  model: { auto: { trials: CANDIDATES, folds: 2 } },
  checkpoint: { every_epochs: 2, min_seconds: 0 },
};

/** Waits until the search has so many candidates, or has ended. Returns how many it has. */
async function reached({ client }: LiveServer, id: string, candidates: number): Promise<number> {
  for (;;) {
    const { state, epochs_done: done } = await client.job(id);
    if (done >= candidates || state === "succeeded") return done;
    await delay(20);
  }
}

/** What a search came to, without what depends on the machine. */
async function outcomeOfSearch({ client }: LiveServer, id: string) {
  const { state, model } = await client.wait(id);
  const { sha256, search, score } = await client.model(model?.id as string);
  const candidates = search?.candidates.map(({ seconds: _, ...rest }) => rest);
  return { state, sha256, candidates, temperature: search?.temperature, score };
}

/** What a sweep came to, without what depends on the machine. */
async function outcomeOf({ client, url }: LiveServer, id: string) {
  const sweep = await client.waitForSweep(id);
  const { data } = await client.trials(id, { limit: 1000 });
  const model = await client.wait(sweep.job as string);
  const page = await fetch(`${url}/v1/sweeps/${id}/events?limit=1000`);
  const { data: events } = (await page.json()) as { data: { seq: number }[] };
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  const trials = data.map(({ seconds: _, ...rest }: Trial) => rest);
  return { state: sweep.state, progress: sweep.progress, trials, sha256: model.model?.sha256 };
}

/** The sweeps and the search that a server was given. */
interface Asked {
  readonly sweeps: readonly string[];
  readonly search: string;
}

async function ask({ client }: LiveServer): Promise<Asked> {
  // First, so that it has a thread.
  const { id: search } = await client.submit(SEARCH);
  const sweeps: string[] = [];
  for (const each of SPECS) sweeps.push((await client.submitSweep(each)).id);
  return { search, sweeps };
}

async function outcomesOf(server: LiveServer, { search, sweeps }: Asked) {
  const outcomes = [];
  for (const id of sweeps) outcomes.push(await outcomeOf(server, id));
  return { sweeps: outcomes, search: await outcomeOfSearch(server, search) };
}

const start = () => startLiveServer(folder.path, { TRAINYARD_WORKERS: "2", NODE_OPTIONS: KILLABLE_THREADS });

it(
  `comes to the same in ${kills} kills (seed ${seed})`,
  async () => {
    const chance = createChance(seed);
    let server = await start();
    const asked = await ask(server);
    for (let kill = 0; kill < kills; kill++) {
      const candidates = [1, 3 + chance.below(2)][kill];
      if (candidates !== undefined) expect(await reached(server, asked.search, candidates)).toBeLessThan(CANDIDATES);
      else await delay(chance.below(1000));
      if (kill < THREADS_KILLED) server.process.kill("SIGUSR2");
      await delay(chance.below(kill < THREADS_KILLED ? 100 : 1000));
      server.process.kill("SIGKILL");
      await server.ended;
      server = await start();
    }
    const disturbed = await outcomesOf(server, asked);
    const undisturbed = await outcomesOf(server, await ask(server));
    expect(disturbed).toEqual(undisturbed);
    expect([...undisturbed.sweeps, undisturbed.search].map(({ state }) => state)).toEqual(
      Array.from({ length: 4 }, () => "succeeded"),
    );
    await server.stop();
  },
  300_000 + kills * 30_000,
);
