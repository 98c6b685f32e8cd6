import { describe, expect, it } from "vitest";
import { otherSeeds, type SeedSpread, seedSpread, seedsBody } from "../../../src/domain/explanations/seeds.ts";
import type { CheckpointState, NewCheckpoint } from "../../../src/domain/jobs/checkpoint.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";
import { spreadOf } from "../../../src/training/certainty/over-seeds.ts";
import type { RunControl } from "../../../src/training/run/run-control.ts";
import { runJob } from "../../../src/training/run-job.ts";
import { admitSeeds } from "../../../src/training/seeds/admit-seeds.ts";
import { datasetOf } from "../dataset.ts";
import { type Asked, trained } from "../influence/ask.ts";

const random = createRandom(streamKey(1, "seeds test"));
const numbers = () => Array.from({ length: 120 }, () => Math.round(2000 * random.uniform() - 1000) / 500);
const [a, b, noise] = [numbers(), numbers(), numbers()];
const table = datasetOf({
  ...{ a, b },
  part: a.map((_, row) => (row % 3 === 0 ? "held" : "train")),
  y: a.map((value, row) => (value + (noise[row] as number) / 2 > (b[row] as number) ? "yes" : "no")),
  price: a.map((value, row) => 3 * value - 2 * (b[row] as number) + (noise[row] as number)),
});

const specOf = (target: string, more: object = {}) => ({
  data: { dataset: { id: "ds", target, features: ["a", "b"] } },
  split: { column: "part", validation: ["held"] },
  model: { layers: [{ type: "linear", units: 4 }, { type: "tanh" }, { type: "dropout", p: 0.2 }, { type: "linear" }] },
  optimizer: { type: "adam", lr: 0.02 },
  ...{ epochs: 12, batch_size: 16, seed: 2 },
  ...more,
});

/** Runs a request as the server does. */
function attempt(
  { run, model }: Asked,
  count: number,
  control: Partial<RunControl> = {},
  checkpoint: CheckpointState | null = null,
) {
  const admitted = admitSeeds(run, model, { seeds: count });
  if (!admitted.ok) throw new Error(JSON.stringify(admitted.errors));
  const { spec } = run.job;
  const seeds = { model: model.id, sha256: model.sha256, epochs: spec.epochs, count };
  const checkpoints: NewCheckpoint[] = [];
  const result = runJob(
    { ...run, job: { ...run.job, spec: { ...spec, epochs: count + 1, seeds } }, checkpoint },
    {
      cancelled: () => false,
      stopping: () => null,
      report: () => undefined,
      save: (saved) => void checkpoints.push(saved),
      storing: () => false,
      settle: () => undefined,
      ...control,
    },
  );
  return { result, checkpoints };
}

function spreadIn({ result }: ReturnType<typeof attempt>): SeedSpread {
  if (result.state !== "succeeded") throw new Error(JSON.stringify(result));
  return seedSpread.parse(result.evaluation?.seeds);
}

describe("the spread over seeds", () => {
  it.each([
    ["classes", "y", {}],
    ["values, stopped early", "price", { early_stopping: { patience: 2, monitor: "val_r2" }, metrics: ["r2"] }],
  ])("has the scores of jobs with these seeds on the same rows: %s", (_, target, more) => {
    const asked = trained(specOf(target, more), table);
    const whole = attempt(asked, 5);
    const found = spreadIn(whole);
    expect(found).toMatchObject({ agrees: true, part: "validation", rows: 40, seeds: [0, 1, 3, 4, 5] });
    expect(whole.result).toMatchObject({ model: { sha256: asked.model.sha256 } });
    const jobs = found.seeds.map((seed) => trained(specOf(target, { ...more, seed }), table).model.score?.metrics);
    for (const { figure, own, values } of found.figures) {
      const of = (metrics: object | undefined) => (metrics as Record<string, number>)[figure] as number;
      const all = [own, ...values].map((value, place) => (value as number) / of([asked.model.score?.metrics, ...jobs][place]));
      for (const ratio of all) expect(Math.abs(ratio - 1)).toBeLessThan(1e-6);
    }
    expect(found.figures.map(({ figure }) => figure)).toContain(target === "y" ? "accuracy" : "rmse");
  });

  it("has an interval around the mean of the seeds, and tells the seed's part of their spread", () => {
    const { figures } = spreadIn(attempt(trained(specOf("price"), table), 8));
    const rmse = figures.find(({ figure }) => figure === "rmse");
    if (!rmse?.from || !rmse.to) throw new Error("no interval");
    expect(rmse.seed_sd).toBeLessThanOrEqual(rmse.sd);
    expect([rmse.from < rmse.mean, rmse.mean < rmse.to, rmse.sd > 0]).toEqual([true, true, true]);
    const mean = rmse.values.reduce<number>((sum, value) => sum + (value ?? Number.NaN), 0) / rmse.values.length;
    expect(rmse.mean).toBeCloseTo(mean, 6);
  });

  it("is the same when the job goes on from a checkpoint", () => {
    const asked = trained({ ...specOf("y"), checkpoint: { every_epochs: 1, min_seconds: 0 } }, table);
    const whole = attempt(asked, 5);
    expect(whole.checkpoints.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4, 5]);
    for (const from of [whole.checkpoints[0], whole.checkpoints[3]])
      expect(spreadIn(attempt(asked, 5, {}, from ?? null))).toEqual(spreadIn(whole));
  });

  it("is none of fewer than two, and not of the own seed", () => {
    const scored = (value: number) => ({ value, blocks: [0.1, -0.1] });
    // All err on the same rows: what differs is owed to the seed, and their mean scatters as each of them does.
    expect(spreadOf([1, 3].map(scored))).toMatchObject({ mean: 2, sd: Math.SQRT2, seedSd: Math.SQRT2, rowShare: 1 });
    expect(spreadOf([scored(3)])).toBeNull();
    expect(otherSeeds(1, 3)).toEqual([0, 2, 3]);
  });
});

describe("a request", () => {
  const faultsOf = ({ run, model }: Asked, request: object): string[] => {
    const admitted = admitSeeds(run, model, seedsBody.parse(request));
    return admitted.ok ? [] : admitted.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);
  };

  it.each([
    ["of a data set", trained(specOf("y", { split: null }), table)],
    [
      "written into the request",
      trained({
        ...specOf("y", { split: null }),
        data: { inline: { features: a.map((value, row) => [value, b[row]]), targets: a.map((_, row) => row % 2) } },
      }),
    ],
  ])("is refused where no rows are held out: rows %s", (_, asked) => {
    expect(faultsOf(asked, {})).toEqual([
      expect.stringMatching(/^ the job of the model holds no rows out .*: train it with a split, such as {"validation": 0.2}$/),
    ]);
  });

  it("is refused where it is too much work, with a number of seeds that is not", () => {
    const asked = trained(specOf("y"), table);
    const { run } = asked;
    const longer = (epochs: number) => ({ ...asked, run: { ...run, job: { ...run.job, spec: { ...run.job.spec, epochs } } } });
    const [fault = ""] = faultsOf(longer(2_000_000), { seeds: 100 });
    const cure =
      /^\/seeds 101 trainings of 2000000 epochs on 80 rows take .* more than the limit of 1e\+12: ask for (\d+) seeds$/;
    expect(fault).toMatch(cure);
    expect(faultsOf(longer(2_000_000), { seeds: Number(cure.exec(fault)?.[1]) })).toEqual([]);
    expect(faultsOf(longer(1e9), {})).toEqual([expect.stringMatching(/ask a smaller model, or one of fewer epochs$/)]);
  });
});
