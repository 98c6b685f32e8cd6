/**
 * `npm run bench:questions [-- name ...]`: how long questions about a model and its rows take over HTTP, in seconds by the clock, and in
 * processor time of the server. Names: `influence` (1,000 rows left out, on one thread and on two, in full batches and in mini-batches), `audit`
 * (the labels of 1,000 rows), `iris` (a model with intervals, other seeds, a comparison), `replay` (steps of 1,000,000 epochs of the tutorial's
 * network). Each is asked once to warm up; where answers must be the same, they are compared.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { startServerProcess } from "../../src/cli/server-process.ts";
import { createClient, type JobSpec } from "../../src/client/index.ts";
import { createDataDir } from "../e2e/live-server.ts";

const NAMES = ["influence", "audit", "iris", "replay"] as const;
const [...asked] = process.argv.slice(2);
const ROUNDS = 5;

const dataDir = await createDataDir();
const server = await startServerProcess({ ...process.env, TRAINYARD_PORT: "0", TRAINYARD_DATA_DIR: dataDir.path });
const client = createClient(server.url);

/** Seconds of processor that the server has used: it is this process's only child (Linux counts to a hundredth). */
const processor = async (): Promise<number> => {
  const children = await readFile(`/proc/self/task/${process.pid}/children`, "utf8");
  const fields = (await readFile(`/proc/${children.trim()}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
const hash = (answer: unknown) => createHash("sha256").update(JSON.stringify(answer)).digest("hex").slice(0, 12);
const shown = (values: readonly number[]) => values.map((value) => value.toFixed(2)).join(", ");

/** Asks once and then a few times more; prints what it took. */
async function timed(name: string, ask: () => Promise<unknown>, rounds = ROUNDS): Promise<void> {
  await ask();
  const [clock, cores, answers]: [number[], number[], Set<string>] = [[], [], new Set()];
  for (let round = 0; round < rounds; round++) {
    const [begun, used] = [performance.now(), await processor()];
    answers.add(hash(await ask()));
    clock.push((performance.now() - begun) / 1000);
    cores.push((await processor()) - used);
  }
  console.log(
    `${name}: ${shown(clock)} s, processor ${shown(cores)} s${answers.size > 1 ? ", ANSWERS DIFFER" : `, ${[...answers][0]}`}`,
  );
}

async function evaluationOf(jobId: string): Promise<Record<string, unknown>> {
  const { model, error } = await client.wait(jobId);
  if (!model) throw new Error(JSON.stringify(error));
  return { ...(await client.model(model.id)).evaluation };
}

const network = (units: number): JobSpec["model"] => ({
  layers: [{ type: "linear", units }, { type: "tanh" }, { type: "linear" }],
});
const moons = (samples: number, noise: number): JobSpec["data"] => ({ generator: { type: "moons", samples, noise, seed: 7 } });

const CASES: Readonly<Record<(typeof NAMES)[number], () => Promise<void>>> = {
  async influence() {
    for (const batch_size of [undefined, 32]) {
      for (const threads of [1, 2, 1, 2]) {
        const spec: JobSpec = {
          ...{ data: moons(1000, 0.2), split: null, model: network(8), epochs: 100, threads },
          optimizer: { type: "adam", lr: 0.02 },
          ...(batch_size && { batch_size }),
        };
        const { id } = await client.submit(spec);
        const { model } = await client.wait(id);
        const ask = async () => {
          const { predictions } = (
            await evaluationOf((await client.influence(model?.id ?? "", { instances: [[0.5, 0.25]] })).id)
          ).influence as { predictions: unknown };
          return predictions;
        };
        const name = `leave-one-out of 1,000 rows, ${batch_size ? `batches of ${batch_size}` : "full batches"}, threads ${threads}`;
        await timed(name, ask, 1);
      }
    }
  },
  async audit() {
    const rows = Array.from({ length: 1000 }, (_, row) => {
      const values = Array.from({ length: 8 }, (__, column) => Math.sin(row * (column + 1.37)) * 3);
      const isPositive = values.reduce((sum, value, column) => sum + value * (column % 3), 0) > 0;
      const label = isPositive !== (row % 20 === 0) ? "yes" : "no";
      return [...values.map((value) => value.toFixed(4)), label].join();
    });
    const csv = [[..."abcdefgh", "label"].join(), ...rows].join("\n");
    const { id } = await client.upload(new TextEncoder().encode(csv), { name: "audited", format: "csv" });
    await timed(
      "audit of 1,000 rows of 8 columns",
      async () => (await evaluationOf((await client.audit(id, { target: "label" })).id)).labels,
    );
  },
  async iris() {
    const csv = await readFile(new URL("../fixtures/datasets/iris.csv", import.meta.url));
    const { id } = await client.upload(csv, { name: "iris", format: "csv" });
    const specOf = (units: number): JobSpec => ({
      ...{ data: { dataset: { id, target: "species" } }, model: network(units), epochs: 100 },
      optimizer: { type: "adam", lr: 0.02 },
    });
    const train = async (units: number) => (await client.wait((await client.submit(specOf(units))).id)).model?.id ?? "";
    await timed("iris: a training, its score and intervals", async () => (await client.model(await train(8))).score);
    const [a, b] = [await train(8), await train(2)];
    await timed("iris: 10 other seeds of a model", async () => (await evaluationOf((await client.seeds(a, {})).id)).seeds);
    await evaluationOf((await client.seeds(b, {})).id);
    await timed("iris: two models on the same rows, and over seeds", async () => (await client.compareScores(a, b)).figures);
    const search: JobSpec = { data: { dataset: { id, target: "species" } } };
    const score = async () => (await client.model((await client.wait((await client.submit(search)).id)).model?.id ?? "")).score;
    await timed("iris: a search by default, its score and intervals", score, 2);
  },
  async replay() {
    const spec: JobSpec = {
      ...{ data: moons(200, 0.1), model: network(4), epochs: 1_000_000, seed: 42 },
      ...{ optimizer: { type: "adam", lr: 0.1 }, loss: { type: "bce_with_logits" } },
    };
    const { id } = await client.submit(spec);
    await client.wait(id);
    const took: { readonly step: number; readonly from: number; readonly seconds: number }[] = [];
    for (let round = 0; round < 60; round++) {
      const step = round === 0 ? 999_999 : Math.floor(((round * 0.618034) % 1) * 1_000_000);
      const begun = performance.now();
      const { from_step } = await client.replay(id, { step, ask: ["gradients", "activations", "loss_by_row"] });
      took.push({ step, from: from_step, seconds: (performance.now() - begun) / 1000 });
    }
    const seconds = took.map(({ seconds }) => seconds).sort((a, b) => a - b);
    const farthest = Math.max(...took.map(({ step, from }) => step - from));
    console.log(
      `any step of 1,000,000 epochs: ${shown([seconds[30] ?? 0])} s in the middle, ${shown([seconds.at(-1) ?? 0])} at most of 60; ` +
        `at most ${farthest} steps from a stored state`,
    );
  },
};

try {
  for (const name of NAMES) if (asked.length === 0 || asked.includes(name)) await CASES[name]();
} finally {
  await server.stop();
  await dataDir.remove();
}
