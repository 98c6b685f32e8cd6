/** Reads PyTorch's training runs from the fixtures, and says the same run as a job spec. */
import { readFileSync } from "node:fs";

export interface GoldenTensor {
  readonly shape: [number, number];
  readonly data: number[];
}

export interface GoldenRun {
  readonly optimizer: string;
  readonly lr: number[];
  readonly loss_fn: string;
  readonly scheduler?: object;
  readonly epochs: number;
  readonly clip_grad_norm: number | null;
  readonly x: GoldenTensor;
  readonly y: GoldenTensor;
  readonly init: Record<string, GoldenTensor>;
  readonly loss: number[];
  readonly accuracy: number[];
  readonly final: Record<string, GoldenTensor>;
  readonly prediction: GoldenTensor;
}

export function readGolden(name: string): GoldenRun {
  return JSON.parse(readFileSync(new URL(`../fixtures/golden/train-${name}.json`, import.meta.url), "utf8"));
}

const NETWORKS: Record<string, object[]> = {
  "1": [{ type: "linear" }],
  "2": [{ type: "linear" }, { type: "sigmoid" }],
  "4": [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear" }, { type: "sigmoid" }],
};

/** The job that repeats a golden run. */
export function specOf(golden: GoldenRun): object {
  const rows = golden.x.shape[0];
  const row = (index: number) => golden.x.data.slice(index * golden.x.shape[1], (index + 1) * golden.x.shape[1]);
  const first = golden.init["0.weight"] as GoldenTensor;
  const layers = first.shape[0] === 4 ? NETWORKS["4"] : NETWORKS[String(first.shape[1])];
  return {
    data: { inline: { features: Array.from({ length: rows }, (_, index) => row(index)), targets: golden.y.data } },
    model: { layers },
    loss: { type: golden.loss_fn },
    optimizer: { type: golden.optimizer, lr: golden.lr[0] },
    scheduler: golden.scheduler ?? null,
    clip_grad: golden.clip_grad_norm === null ? null : { type: "norm", max_norm: golden.clip_grad_norm },
    epochs: golden.epochs,
    init_from: { state_dict: golden.init },
  };
}

/** Relative to the greater of the expected magnitude and 1e-6, below which float32 sums are noise. */
export function relativeError(actual: number, expected: number): number {
  return Math.abs(actual - expected) / Math.max(Math.abs(expected), 1e-6);
}
