/** The real server is killed while it runs sweeps, and threads of it are. Each comes to the trials, the winner and the model of one that nobody disturbed. */
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, it } from "vitest";
import type { SweepSpec, Trial } from "../../src/client/sweeps.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../e2e/live-server.ts";
import { createChance } from "./chance.ts";
import { KILLABLE_THREADS } from "./yard.ts";

const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** A trial whose thread dies a third time has failed: fewer, so that none can. */
const THREADS_KILLED = 2;
const kills = Number(process.env.SWEEP_KILLS ?? 5);

const folders: { remove(): Promise<void> }[] = [];
afterAll(async () => {
  for (const folder of folders) await folder.remove();
});

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
  trials: 40,
});

const SPECS = [
  spec("kill-random", { type: "random" }),
  spec("kill-tpe", { type: "tpe", startup_trials: 8 }),
  spec("kill-halving", { type: "halving", factor: 3, min_epochs: 300 }),
];

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

const start = (path: string) => startLiveServer(path, { TRAINYARD_WORKERS: "2", NODE_OPTIONS: KILLABLE_THREADS });

async function newFolder(): Promise<string> {
  const folder = await createDataDir();
  folders.push(folder);
  return folder.path;
}

it(
  `comes to the same in ${kills} kills (seed ${seed})`,
  async () => {
    const chance = createChance(seed);
    const path = await newFolder();
    let server = await start(path);
    const ids: string[] = [];
    for (const each of SPECS) ids.push((await server.client.submitSweep(each)).id);
    for (let kill = 0; kill < kills; kill++) {
      await delay(chance.below(1000));
      if (kill < THREADS_KILLED) server.process.kill("SIGUSR2");
      await delay(chance.below(1000));
      server.process.kill("SIGKILL");
      await server.ended;
      server = await start(path);
    }
    const disturbed = [];
    for (const id of ids) disturbed.push(await outcomeOf(server, id));
    await server.stop();
    const alone = await start(await newFolder());
    for (const [index, each] of SPECS.entries()) {
      const { id } = await alone.client.submitSweep(each);
      expect(disturbed[index], each.name).toEqual(await outcomeOf(alone, id));
    }
    await alone.stop();
  },
  120_000 + kills * 30_000,
);
