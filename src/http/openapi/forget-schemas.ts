/** Runs that forget rows, as the API shows them. */
import { z } from "zod";
import type { PlannedForget } from "../../app/forget/start-forget.ts";
import { FORGET_STATES, type Forget, type ForgetPlan, forgetPlan, forgetReceipt } from "../../domain/forget/forget.ts";

const RUN_ID = "fgt_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90";
const PLAN = {
  rows: [17],
  datasets: [{ id: "ds_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90", name: "penguins", replaced_by: null, sha256: null }],
  models: [
    {
      job: "job_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90",
      job_name: "penguins",
      model: { id: "mdl_0197b2a4-6c3e-7d2f-9a51-3f0c5d7e8b90", name: "penguins", version: 3, aliases: ["production"] },
      retrained_as: null,
      replaced_by: null,
      is_question: false,
      why_not: null,
    },
  ],
  sweeps: [],
} satisfies ForgetPlan;

/** The answer to `validate_only`. */
export const forgetPlanAnswer = forgetPlan
  .extend({
    running: z.array(z.string()).meta({ description: "Jobs and sweeps that must end, or be cancelled, before it can begin." }),
  })
  .meta({ id: "PlannedForget", examples: [{ ...PLAN, running: [] }] });

export const forgetAnswer = forgetPlan
  .extend({
    id: z.string(),
    state: z.enum(FORGET_STATES).meta({
      description:
        "`retraining`: nothing is erased yet, and it can be cancelled. `erasing`: names move to the new models, and everything that saw the rows is erased. `failed`: a model could not be trained again, and nothing was erased.",
    }),
    dataset_id: z.string(),
    retrained: z.int().meta({ description: "Models that have been trained without the rows." }),
    to_retrain: z.int().meta({ description: "Number of models to train without the rows." }),
    waits_for: z.string().nullable().meta({ description: "The job that it waits for, or why it waits." }),
    error: z.string().nullable(),
    receipt: forgetReceipt.nullable().meta({ description: "null until everything is erased." }),
    created_at: z.iso.datetime(),
    finished_at: z.iso.datetime().nullable(),
  })
  .meta({
    id: "Forget",
    examples: [
      {
        ...PLAN,
        ...{ id: RUN_ID, state: "retraining", dataset_id: PLAN.datasets[0]?.id ?? "", retrained: 0, to_retrain: 1 },
        ...{ waits_for: null, error: null, receipt: null, created_at: "2026-01-02T03:04:05.678Z", finished_at: null },
      },
    ],
  });

export const forgetsAnswer = z
  .object({ data: z.array(forgetAnswer), has_more: z.boolean(), next_after: z.string().nullable() })
  .meta({ id: "ForgetPage" });

/** The answer to `validate_only`, or the run. */
export const forgetSubmission = z.union([forgetAnswer, forgetPlanAnswer]).meta({
  id: "ForgetSubmission",
  description: "The run, or with `validate_only=true` what it would do.",
});

/** Serializes a plan. */
export function representPlan({ plan, running }: PlannedForget): z.output<typeof forgetPlanAnswer> {
  return { ...plan, running: [...running] };
}

/** Serializes a run. */
export function representForget({
  id,
  state,
  datasetId,
  document,
  createdAt,
  finishedAt,
}: Forget): z.output<typeof forgetAnswer> {
  const { rows, datasets, models, sweeps, waitsFor, error, receipt } = document;
  const again = models.filter(({ model, why_not }) => model !== null && why_not === null);
  return {
    ...{ id, state, dataset_id: datasetId, rows, datasets, models, sweeps, error, receipt, waits_for: waitsFor },
    retrained: again.filter(({ replaced_by }) => replaced_by !== null).length,
    to_retrain: again.length,
    created_at: new Date(createdAt).toISOString(),
    finished_at: finishedAt === null ? null : new Date(finishedAt).toISOString(),
  };
}
