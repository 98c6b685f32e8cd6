/**
 * Microseconds of processor that a step takes in a job, its metrics and chunks included: the longer of two trainings less the shorter. A
 * process of its own, so that it can measure another checkout: `node through-job.ts NAME [ROOT]`, where ROOT has test/training/train.ts.
 */
import { pathToFileURL } from "node:url";

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
    ...{ optimizer: { type: "sgd", lr: 0.01 }, epochs: 8000 },
  },
  {
    ...{ name: "logistic 2-1, 200 rows, Adam", widths: [2, 1], rows: 200, batch: null, loss: "bce" },
    ...{ optimizer: adam(0.1), epochs: 8000 },
  },
  {
    ...{ name: "mlp 2-4-1, 200 rows, Adam", widths: [2, 4, 1], rows: 200, batch: null, loss: "bce" },
    ...{ optimizer: adam(0.05), epochs: 8000 },
  },
  {
    ...{ name: "mlp 13-37-7, batch 50, Adam", widths: [13, 37, 7], rows: 500, batch: 50, loss: "cross_entropy" },
    ...{ optimizer: adam(0.01), epochs: 2000 },
  },
  {
    ...{ name: "mlp 301-129-11, batch 61, Adam", widths: [301, 129, 11], rows: 610, batch: 61, loss: "cross_entropy" },
    ...{ optimizer: adam(0.001), epochs: 80 },
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

if (import.meta.main) {
  const [name, root = process.cwd()] = process.argv.slice(2);
  const { train } = (await import(pathToFileURL(`${root}/test/training/train.ts`).href)) as { train(spec: object): unknown };
  const workload = JOB_WORKLOADS.find((each) => each.name === name) as JobWorkload;
  // One chunk of metrics each, because the helper of the tests puts chunks end to end, in a time that grows with their square.
  const times = workload.batch === null ? 8 : 1;
  const spent = (epochs: number): number => {
    const spec = specOf(workload, epochs);
    const before = process.cpuUsage();
    for (let time = 0; time < times; time++) train(spec);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const short = Math.ceil(workload.epochs / 10);
  const steps = workload.batch === null ? 1 : workload.rows / workload.batch;
  spent(short);
  console.log((spent(workload.epochs) - spent(short)) / ((workload.epochs - short) * steps * times));
}
