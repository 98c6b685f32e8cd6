/** Workers share a sweep, four the first one, and one of them is killed each time: the trials, the winner and its model are those of one SQLite server. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SweepSpec, Trial } from "../../src/client/sweeps.ts";
import { createDataDir, type LiveServer, startLiveServer } from "../e2e/live-server.ts";
import { range } from "../http/streaming/readers.ts";
import { type Cluster, createCluster, type Node, until } from "./nodes.ts";

const TRIALS = 120;

/** Workers say which chunks they lease. */
const SETTINGS = { TRAINYARD_LOG_LEVEL: "debug" };

let cluster: Cluster;
let serve: Node;
let work: Node[];
let alone: LiveServer;
let dataDir: Awaited<ReturnType<typeof createDataDir>>;

beforeAll(async () => {
  cluster = await createCluster();
  dataDir = await createDataDir();
  const nodes = await Promise.all(
    (["serve", "work", "work", "work", "work"] as const).map((role) => cluster.start(role, SETTINGS)),
  );
  serve = nodes[0] as Node;
  work = nodes.slice(1);
  alone = await startLiveServer(dataDir.path, { TRAINYARD_WORKERS: "1" });
}, 240_000);
afterAll(async () => {
  await alone.stop();
  await dataDir.remove();
  await cluster.remove();
}, 60_000);

const spec = (name: string, method: SweepSpec["method"], epochs: number): SweepSpec => ({
  name,
  job: {
    name,
    data: { generator: { type: "moons", samples: 100, noise: 0.1, seed: 7 } },
    split: { validation: 0.25 },
    model: { layers: [{ type: "linear", units: 8 }, { type: "tanh" }, { type: "linear" }] },
    early_stopping: null,
    epochs,
  },
  parameters: { "/optimizer/lr": { min: 0.001, max: 0.3, scale: "log" }, "/seed": { min: 0, max: 999, integer: true } },
  method,
  trials: TRIALS,
});

const METHODS: readonly SweepSpec[] = [
  spec("shared-random", { type: "random" }, 4000),
  spec("shared-tpe", { type: "tpe", startup_trials: 40, generation: 40 }, 4000),
  spec("shared-halving", { type: "halving", factor: 3, min_epochs: 1500 }, 13_500),
];

/** What a sweep came to, without what depends on the machine. */
async function outcomeOf({ client, url }: LiveServer, id: string) {
  const sweep = await until(async () => {
    const now = await client.sweep(id);
    return ["succeeded", "failed", "cancelled"].includes(now.state) && now;
  });
  const { data } = await client.trials(id, { limit: 1000 });
  const model = await client.wait(sweep.job as string);
  const page = await fetch(`${url}/v1/sweeps/${id}/events?limit=1000`);
  const { data: events } = (await page.json()) as { data: { seq: number }[] };
  expect(events.map(({ seq }) => seq)).toEqual(range(1, events.length));
  const trials = data.map(({ seconds: _, ...rest }: Trial) => rest);
  return { state: sweep.state, progress: sweep.progress, trials, sha256: model.model?.sha256 };
}

/** Returns the numbers of chunks that a node has begun, by its log. */
const chunksOf = (node: Node, id: string): readonly number[] =>
  node.logged.filter(({ msg, sweep_id }) => msg === "chunk leased" && sweep_id === id).map(({ chunk }) => Number(chunk));

describe("two to four workers on one sweep", () => {
  it.each(METHODS)("have the trials of $name, its winner and its model, with one of them killed midway", async (each) => {
    const { id } = await serve.client.submitSweep(each);
    const victim = await until(() => {
      const leased = work.map((node) => chunksOf(node, id).length);
      const isMidway = leased.every((chunks) => chunks > 0) && leased.reduce((sum, chunks) => sum + chunks) >= 6;
      return Promise.resolve(isMidway && work[0]);
    }, 10);
    await victim.kill();
    const atKill = await serve.client.sweep(id);
    expect(atKill.state, "the kill came too late to be midway").toBe("running");
    const shared = await outcomeOf(serve, id);
    const one = await alone.client.submitSweep(each);
    expect(shared).toEqual(await outcomeOf(alone, one.id));
    expect(shared.state).toBe("succeeded");
    expect(shared.trials).toHaveLength(TRIALS);
    // A chunk that two have leased is one that the lost worker held: it trains one at a time.
    const leases = work.flatMap((node) => chunksOf(node, id));
    const repeated = leases.filter((chunk, index) => leases.indexOf(chunk) !== index);
    expect(repeated.length, `of ${leases.length} leases, ${repeated.join()} were repeated`).toBeLessThanOrEqual(1);
    // Those that are left share the next.
    work = work.filter((node) => node !== victim);
  });
});
