import { describe, expect, it } from "vitest";
import { type JobSpec, parseJobSpec } from "../../../src/domain/spec/spec.ts";
import { createSpace } from "../../../src/domain/sweeps/create-space.ts";
import type { TrialParameters } from "../../../src/domain/sweeps/parameter.ts";
import { applyParameters } from "../../../src/domain/sweeps/parameter-space.ts";
import { parseSweepSpec, type SweepSpec } from "../../../src/domain/sweeps/sweep-spec.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { prepareSpec } from "../../../src/training/prepare/prepare.ts";
import { prepareTrial } from "../../../src/training/sweeps/trial-source.ts";

const { limits } = parseConfig({});
const NOTHING = { dataset: null, model: null };
const tensor = (shape: number[], data: number[]) => ({ shape, data });

/** A sweep of a job with rows and weights of its own. */
function openSweep(job: object, parameters: object) {
  const parsed = parseSweepSpec({
    job: {
      data: {
        inline: {
          features: [
            [0, 1],
            [1, 0],
            [1, 1],
            [0, 0],
          ],
          targets: [0, 1, 1, 0],
        },
      },
      model: { layers: [{ type: "linear" }] },
      epochs: 1,
      ...job,
    },
    parameters,
  });
  const { spec } = parsed as { readonly spec: SweepSpec };
  const { space } = createSpace(spec) as Extract<ReturnType<typeof createSpace>, { space: unknown }>;
  return { job: spec.job, space, dataset: null, limits };
}

/** The job of a trial as it is where everything is read from JSON. */
function readWhole({ job, space }: ReturnType<typeof openSweep>, parameters: TrialParameters) {
  const parsed = parseJobSpec(JSON.parse(JSON.stringify(applyParameters(job, space, parameters))));
  return prepareSpec((parsed as { readonly spec: JobSpec }).spec, limits, NOTHING);
}

describe("the job of a trial", () => {
  it.each([
    [
      "rows",
      {},
      { "/seed": { values: [0, 7] }, "/split": { choices: { none: null, half: { validation: 0.5 } } } },
      { "/seed": 7, "/split": "half" },
    ],
    ["rows of classes", { task: "binary_classification" }, { "/epochs": { values: [2, 3] } }, { "/epochs": 3 }],
    [
      "rows and weights",
      { init_from: { state_dict: { "0.weight": tensor([1, 2], [3, 4]), "0.bias": tensor([1], [5]) } } },
      { "/epochs": { values: [2, 3] } },
      { "/epochs": 3 },
    ],
    ["rows or others", {}, { "/data": { choices: { own: { generator: { type: "xor" } } } } }, { "/data": "own" }],
  ])("has the %s as a job that is read whole", (_, job, parameters, chosen) => {
    const sweep = openSweep(job, parameters);
    const trial = prepareTrial(sweep, chosen as TrialParameters);
    expect(trial.ok && trial.job).toEqual(readWhole(sweep, chosen as TrialParameters));
  });

  it("reads rows once for all trials that read them alike", () => {
    const sweep = openSweep({}, { "/optimizer/lr": { values: [0.1, 0.2] }, "/seed": { values: [0, 1] } });
    const { inline } = sweep.job.data as { readonly inline: { readonly features: number[][] } };
    const rowsOf = (parameters: TrialParameters) => {
      const trial = prepareTrial(sweep, parameters);
      return trial.ok && [...(trial.job.payload?.data ?? [])].slice(0, 2);
    };
    expect(rowsOf({ "/optimizer/lr": 0.1, "/seed": 0 })).toEqual([0, 1]);
    inline.features[0] = [5, 6];
    expect(rowsOf({ "/optimizer/lr": 0.2, "/seed": 0 })).toEqual([0, 1]);
    expect(rowsOf({ "/optimizer/lr": 0.2, "/seed": 1 })).toEqual([5, 6]);
  });
});
