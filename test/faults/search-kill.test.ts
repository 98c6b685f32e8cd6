/** The real server is killed while it searches for a model. The search comes to the model of one that nobody disturbed. */
import { afterAll, expect, it } from "vitest";
import type { JobSpec } from "../../src/client/answers.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../e2e/live-server.ts";
import { createChance } from "./chance.ts";

const seed = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 2 ** 31));

const folders: { remove(): Promise<void> }[] = [];
afterAll(async () => {
  for (const folder of folders) await folder.remove();
});

const TRIALS = 6;
const SPEC: JobSpec = {
  name: "searched",
  data: { generator: { type: "moons", samples: 100, noise: 0.3, seed: 7 } },
  model: { auto: { trials: TRIALS, folds: 2 } },
  checkpoint: { every_epochs: 2, min_seconds: 0 },
};

const start = (path: string) => startLiveServer(path, { TRAINYARD_WORKERS: "1" });

async function newFolder(): Promise<string> {
  const folder = await createDataDir();
  folders.push(folder);
  return folder.path;
}

/** Waits until the search has so many candidates, or has ended. */
async function reached({ client }: LiveServer, id: string, candidates: number): Promise<number> {
  for (;;) {
    const { state, epochs_done: done } = await client.job(id);
    if (done >= candidates || state === "succeeded") return done;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What a search came to, without what depends on the machine. */
async function outcomeOf({ client }: LiveServer, id: string) {
  const { state, model } = await client.wait(id);
  const { sha256, search, score } = await client.model(model?.id as string);
  const candidates = search?.candidates.map(({ seconds: _, ...rest }) => rest);
  return { state, sha256, candidates, temperature: search?.temperature, score };
}

it(`comes to the same model in two kills (seed ${seed})`, { timeout: 180_000 }, async () => {
  const chance = createChance(seed);
  const path = await newFolder();
  let server = await start(path);
  const { id } = await server.client.submit(SPEC);
  // Before the first checkpoint, and after it.
  for (const candidates of [1, 3 + chance.below(2)]) {
    expect(await reached(server, id, candidates)).toBeLessThan(TRIALS);
    server.process.kill("SIGKILL");
    await server.ended;
    server = await start(path);
  }
  const disturbed = await outcomeOf(server, id);
  await server.stop();
  const alone = await start(await newFolder());
  const undisturbed = await outcomeOf(alone, (await alone.client.submit(SPEC)).id);
  await alone.stop();
  expect(disturbed).toEqual(undisturbed);
  expect(undisturbed.state).toBe("succeeded");
});
