/** Every series that a job can watch can be what the trials of a sweep are compared by: with the value that the job has. */
import { describe, expect, it } from "vitest";
import { isMaximized } from "../../../src/domain/metrics/direction.ts";
import { METRICS, MONITORS, RANKED_METRICS } from "../../../src/domain/spec/spec.ts";
import { createSpace } from "../../../src/domain/sweeps/create-space.ts";
import { parseSweepSpec } from "../../../src/domain/sweeps/sweep-spec.ts";
import { prepareSweep } from "../../../src/training/sweeps/prepare-sweep.ts";
import { createTrialTrainer } from "../../../src/training/sweeps/run-trial.ts";
import { limits, train } from "../train.ts";

const DATA = {
  regression: { type: "linear", samples: 60, seed: 5 },
  binary_classification: { type: "moons", samples: 60, noise: 0.3, seed: 5 },
  multiclass_classification: { type: "blobs", samples: 60, classes: 3, seed: 5 },
};
type Task = keyof typeof DATA;

const jobOf = (task: Task, metrics: readonly string[]) => ({
  data: { generator: DATA[task] },
  model: { layers: [{ type: "linear", units: 4 }, { type: "tanh" }, { type: "linear" }] },
  ...{ split: { validation: 0.3 }, epochs: 5, seed: 3, metrics },
});

const isRanked = (metric: string) => (RANKED_METRICS as readonly string[]).includes(metric);
const seriesOf = (metric: string) => (isRanked(metric) ? [`val_${metric}`] : [metric, `val_${metric}`]);
const cases = (Object.keys(DATA) as Task[]).flatMap((task) =>
  ["loss", ...METRICS[task]].flatMap((metric) =>
    seriesOf(metric).map((series) => ({ task, metric, series, metrics: metric === "loss" ? [] : [metric] })),
  ),
);

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const parameters = { "/seed": { min: 0, max: 9, integer: true } };
const LESS_IS_BETTER = ["loss", "log_loss", "mae", "rmse", "mape"];

describe("an objective", () => {
  it("is tested for every series that a job can watch", () => {
    expect(new Set(cases.map(({ series }) => series))).toEqual(new Set(MONITORS));
  });

  it.each(cases)("of a $task can be $series", ({ task, metric, series, metrics }) => {
    const job = jobOf(task, metrics);
    const body = { job, parameters, objective: { metric: series } };
    expect(prepareSweep(encode(body), limits)).toMatchObject({ ok: true });
    expect(isMaximized({ metric: series, goal: null })).toBe(!LESS_IS_BETTER.includes(metric));
    const parsed = parseSweepSpec(body);
    if ("errors" in parsed) throw new Error(JSON.stringify(parsed.errors));
    const { spec } = parsed;
    const made = createSpace(spec);
    if ("errors" in made) throw new Error(JSON.stringify(made.errors));
    const opened = { job: spec.job, space: made.space, spec, dataset: null, limits };
    const trainer = createTrialTrainer(opened as never, () => false);
    const outcome = trainer.run({ number: 0, parameters: { "/seed": 3 }, untilEpoch: null, goesOn: false }, 0, null);
    const { result } = train(job);
    if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
    expect(outcome?.trial.value).toBe((result.metrics.best as Record<string, number>)[series]);
  });

  it("that the job does not compute is refused with the cure", () => {
    const refusalOf = (body: object) => prepareSweep(encode({ parameters, ...body }), limits);
    const job = jobOf("binary_classification", ["accuracy"]);
    const detail = "f1 is not among the metrics of the job: add it to job.metrics";
    expect(refusalOf({ job, objective: { metric: "val_f1" } })).toMatchObject({
      errors: [{ pointer: "/objective/metric", detail }],
    });
    expect(refusalOf({ job: { ...job, split: null }, objective: { metric: "val_accuracy" } })).toMatchObject({
      errors: [{ pointer: "/objective/metric", detail: expect.stringContaining("needs held-out rows") }],
    });
  });
});
