/** The three models of the tutorial: their jobs, and the marks that they have to reach. */

import { percent } from "../src/cli/figures.ts";
import type { Job, JobSpec } from "../src/client/answers.ts";
import type { Client } from "../src/client/client.ts";

export interface Verdict {
  /** The results of the model. */
  readonly result: string;
  /** The requested training. */
  readonly mark: string;
  readonly reached: boolean;
}

export interface Lesson {
  readonly title: string;
  readonly spec: JobSpec;
  /** Rows to show predictions for. */
  readonly questions: readonly (readonly number[])[];
  /** Judges the finished job; `before` are the finished jobs of the lessons before it. */
  judge(client: Client, job: Job, before: readonly Job[]): Promise<Verdict>;
}

const LINE = { samples: 100, slope: 3, intercept: 2, low: 0, high: 10, noise: 2 };
const MOONS = { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } } as const;
const LOGISTIC_MARK = 0.85;

export const LESSONS: readonly Lesson[] = [
  {
    title: "linear regression",
    spec: {
      name: "tutorial-linear",
      data: { generator: { type: "linear", ...LINE, seed: 2 } },
      model: { layers: [{ type: "linear" }] },
      loss: { type: "mse" },
      optimizer: { type: "sgd", lr: 0.01 },
      epochs: 1000,
      seed: 42,
    },
    questions: [[0], [5], [10]],
    judge: judgeLine,
  },
  {
    title: "logistic on moons",
    spec: {
      name: "tutorial-logistic",
      data: MOONS,
      model: { layers: [{ type: "linear" }, { type: "sigmoid" }] },
      loss: { type: "bce" },
      optimizer: { type: "adam", lr: 0.1 },
      epochs: 1000,
      seed: 42,
    },
    questions: [
      [0, 1],
      [1, -0.5],
    ],
    judge: async (_client, job) => ({
      result: `accuracy ${percent(accuracyOf(job))}`,
      mark: `above ${percent(LOGISTIC_MARK)}`,
      reached: accuracyOf(job) > LOGISTIC_MARK,
    }),
  },
  {
    title: "MLP 2-4-1 on moons",
    spec: {
      name: "tutorial-mlp",
      data: MOONS,
      model: {
        layers: [
          { type: "linear", units: 4, init: { weight: "kaiming_normal" } },
          { type: "relu" },
          { type: "linear", init: { weight: "kaiming_normal" } },
          { type: "sigmoid" },
        ],
      },
      loss: { type: "bce" },
      optimizer: { type: "adam", lr: 0.05 },
      epochs: 1000,
      seed: 42,
    },
    questions: [
      [0, 1],
      [1, -0.5],
    ],
    judge: async (_client, job, before) => {
      const logistic = before.at(-1);
      const toBeat = logistic ? accuracyOf(logistic) : LOGISTIC_MARK;
      return {
        result: `accuracy ${percent(accuracyOf(job))}`,
        mark: `beats the logistic model`,
        reached: accuracyOf(job) > toBeat,
      };
    },
  },
];

/** Reads the line off two predictions, and compares it with the standard errors of least squares (x evenly spaced, known noise). */
async function judgeLine(client: Client, job: Job): Promise<Verdict> {
  const { samples, slope, intercept, low, high, noise } = LINE;
  const [at0, at1] = (await client.predict(job.model?.id ?? "", [[0], [1]])).map((answer) =>
    "value" in answer ? Number(answer.value) : Number.NaN,
  ) as [number, number];
  const fitted = { slope: at1 - at0, intercept: at0 };
  const mean = (low + high) / 2;
  const spread = (((high - low) ** 2 / 12) * samples * (samples + 1)) / (samples - 1);
  const errors = { slope: noise / Math.sqrt(spread), intercept: noise * Math.sqrt(1 / samples + mean ** 2 / spread) };
  const within = (found: number, truth: number, error: number) => Math.abs(found - truth) <= error;
  return {
    result: `y = ${fitted.slope.toFixed(2)} x + ${fitted.intercept.toFixed(2)}`,
    mark: `3 ± ${errors.slope.toFixed(2)}, 2 ± ${errors.intercept.toFixed(2)}`,
    reached: within(fitted.slope, slope, errors.slope) && within(fitted.intercept, intercept, errors.intercept),
  };
}

/** Accuracy of the last epoch, 0..1. */
export function accuracyOf(job: Job): number {
  return Number(job.metrics?.final.accuracy ?? 0);
}
