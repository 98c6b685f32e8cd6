/** A sweep whose threads die: it goes on, until the same work has ended its thread too often. */
import { expect, it } from "vitest";
import { createChunkMemory, runChunk } from "../../../src/app/sweeps/run-chunk.ts";
import type { TrainingPool } from "../../../src/domain/ports.ts";
import type { SweepChunk } from "../../../src/domain/sweeps/sweep-store.ts";
import { aNewSweep } from "../../contract/sweeps.ts";
import { idleTrainingPool, openDependencies } from "../jobs/dependencies.ts";

/** A queued sweep on a pool whose thread dies the first so many times that it plans; each call runs the next chunk. */
async function aSweepToPlan(deaths: number) {
  let died = 0;
  const planGeneration: TrainingPool["planGeneration"] = async () => {
    if (died++ < deaths) throw new Error("the training thread crashed");
    const trials = [{ number: 0, parameters: { "/optimizer/lr": 0.1 }, untilEpoch: null, goesOn: false }];
    return { index: 0, chunks: [{ size: 1, json: JSON.stringify(trials) }], pruned: [] };
  };
  const services = await openDependencies({ trainingPool: { ...idleTrainingPool(), planGeneration } });
  const { id } = await services.store.sweeps.insert(aNewSweep());
  const memory = createChunkMemory();
  const claim = () =>
    services.store.sweeps.claimChunk({ lease: crypto.randomUUID(), at: 2000, until: 3000, freeBytes: 1e9, runningJobs: 9 });
  return {
    claim,
    async runNext() {
      const chunk = (await claim()) as SweepChunk;
      await runChunk(services, chunk, memory, new AbortController().signal);
      const sweep = await services.store.sweeps.get(id);
      return [sweep?.state, services.logged.filter(({ level }) => level === "error").length];
    },
  };
}

it("plans again when the thread dies that plans the trials of a sweep", async () => {
  const { runNext, claim } = await aSweepToPlan(2);
  expect(await runNext()).toEqual(["running", 1]);
  expect(await runNext()).toEqual(["running", 2]);
  expect(await runNext()).toEqual(["running", 2]);
  expect((await claim())?.trials.map(({ number }) => number)).toEqual([0]);
});

it("fails a sweep whose planning ends its thread each time", async () => {
  const { runNext, claim } = await aSweepToPlan(Number.POSITIVE_INFINITY);
  for (let death = 1; death <= 3; death++) expect(await runNext()).toEqual(["running", death]);
  expect(await runNext()).toEqual(["failed", 3]);
  expect(await claim()).toBeNull();
});
