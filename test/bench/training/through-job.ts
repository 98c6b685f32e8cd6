/**
 * Microseconds of processor that a step takes in a job, its metrics and chunks included: the longer of two trainings less the shorter. A
 * process of its own, so that it can measure another checkout: `node through-job.ts NAME [ROOT]`. Chunks are thrown away as they come: what
 * becomes of them is not a step's.
 */
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Prepared, TrainingResult, TrainingRun } from "../../../src/domain/ports.ts";
import type { RunControl } from "../../../src/training/run/run-control.ts";

interface JobWorkload {
  /** The name in speed_torch.py. */
  readonly name: string;
  readonly widths: readonly number[];
  readonly rows: number;
  /** Null for all rows at once. */
  readonly batch: number | null;
  readonly loss: "mse" | "bce" | "cross_entropy";
  readonly optimizer: object;
  readonly epochs: number;
}

const adam = (lr: number) => ({ type: "adam", lr });

export const JOB_WORKLOADS: readonly JobWorkload[] = [
  {
    ...{ name: "linear 1-1, 100 rows, SGD", widths: [1, 1], rows: 100, batch: null, loss: "mse" },
    ...{ optimizer: { type: "sgd", lr: 0.01 }, epochs: 400_000 },
  },
  {
    ...{ name: "logistic 2-1, 200 rows, Adam", widths: [2, 1], rows: 200, batch: null, loss: "bce" },
    ...{ optimizer: adam(0.1), epochs: 100_000 },
  },
  {
    ...{ name: "mlp 2-4-1, 200 rows, Adam", widths: [2, 4, 1], rows: 200, batch: null, loss: "bce" },
    ...{ optimizer: adam(0.05), epochs: 100_000 },
  },
  {
    ...{ name: "mlp 13-37-7, batch 50, Adam", widths: [13, 37, 7], rows: 500, batch: 50, loss: "cross_entropy" },
    ...{ optimizer: adam(0.01), epochs: 6000 },
  },
  {
    ...{ name: "mlp 301-129-11, batch 61, Adam", widths: [301, 129, 11], rows: 610, batch: 61, loss: "cross_entropy" },
    ...{ optimizer: adam(0.001), epochs: 200 },
  },
];

/** Numbers that look random, the same in every checkout. */
function createNumbers() {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function specOf({ widths, rows, batch, loss, optimizer }: JobWorkload, epochs: number) {
  const next = createNumbers();
  const [inputs, outputs] = [widths[0] as number, widths.at(-1) as number];
  const classes = loss === "cross_entropy" ? outputs : 2;
  const features = Array.from({ length: rows }, () => Array.from({ length: inputs }, next));
  const targets = features.map(([x = 0]) => (loss === "mse" ? 2 * x + 1 : Math.floor(next() * classes)));
  const layers = widths
    .slice(1)
    .flatMap((units, layer) => [{ type: "linear", units }, ...(layer < widths.length - 2 ? [{ type: "relu" }] : [])]);
  return {
    data: { inline: { features, targets } },
    model: { layers: loss === "bce" ? [...layers, { type: "sigmoid" }] : layers },
    ...{ loss: { type: loss }, optimizer, epochs, seed: 1 },
    ...(batch !== null && { batch_size: batch }),
  };
}

/** Trains jobs as a training thread of a checkout does. */
async function trainerOf(root: string): Promise<(spec: object) => void> {
  const load = (path: string) => import(pathToFileURL(`${root}/${path}`).href);
  const { prepare } = (await load("test/training/train.ts")) as { prepare(spec: object): Prepared };
  // Before there were jobs of other kinds, a training ran by itself.
  const entry = ["src/training/run-job.ts", "src/training/run/train.ts"].find((path) =>
    existsSync(`${root}/${path}`),
  ) as string;
  const { runJob, train } = (await load(entry)) as Record<string, (run: TrainingRun, control: RunControl) => TrainingResult>;
  const nothing = () => undefined;
  const control = {
    ...{ cancelled: () => false, stopping: () => null, storing: () => false },
    ...{ report: nothing, save: nothing, settle: nothing },
  };
  return (spec) => {
    const prepared = prepare(spec);
    if (!prepared.ok) throw new Error(JSON.stringify(prepared.errors));
    const job = { ...prepared, id: "job_bench", attempt: 1, epochsDone: 0 } as unknown as TrainingRun["job"];
    const run = { job, payload: prepared.payload, dataset: null, checkpoint: null };
    const result = (runJob ?? train)?.(run, control);
    if (result?.state !== "succeeded") throw new Error(JSON.stringify(result));
  };
}

if (import.meta.main) {
  const [name, root = process.cwd()] = process.argv.slice(2);
  const train = await trainerOf(root);
  const workload = JOB_WORKLOADS.find((each) => each.name === name) as JobWorkload;
  const spent = (epochs: number): number => {
    const spec = specOf(workload, epochs);
    const before = process.cpuUsage();
    train(spec);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const short = Math.ceil(workload.epochs / 10);
  const steps = workload.batch === null ? 1 : workload.rows / workload.batch;
  // V8 compiles while the first of these runs.
  spent(2 * short);
  const less = spent(short);
  console.log((spent(workload.epochs) - less) / ((workload.epochs - short) * steps));
}
