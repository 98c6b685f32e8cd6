/** How a job is run, apart from what it computes: nothing here changes the bits of its weights. */
import { z } from "zod";
import { DEFAULT_RUN_OPTIONS } from "../jobs/run-defaults.ts";

const { checkpoint: CHECKPOINT, ...RUN } = DEFAULT_RUN_OPTIONS;

/** Maximum threads of one job. */
export const MAX_THREADS = 64;

/** Maximum training time that may be requested. */
export const MAX_SECONDS = 30 * 86_400;

const checkpoint = z
  .strictObject({
    every_epochs: z
      .int()
      .min(1)
      .max(100_000_000)
      .nullable()
      .default(CHECKPOINT.every_epochs)
      .meta({ description: "Write a checkpoint after this many epochs; null: only by time." }),
    every_seconds: z.number().min(1).max(3600).default(CHECKPOINT.every_seconds).meta({
      description:
        "Seconds of training: write a checkpoint when the last one is this old, in the middle of an epoch if necessary.",
    }),
    min_seconds: z.number().min(0).max(3600).default(CHECKPOINT.min_seconds).meta({
      description:
        "Seconds of training: never write a checkpoint sooner than this after the last one, or after the start. 0: every checkpoint that is due by epochs is written, and training waits until it is stored.",
    }),
    keep: z
      .int()
      .min(1)
      .max(1000)
      .default(CHECKPOINT.keep)
      .meta({ description: "How many of the newest are kept. The best one is kept too." }),
  })
  .meta({
    id: "CheckpointOptions",
    description: "When to store the state of training, from which the job continues after a stop.",
  });

const webhook = z
  .strictObject({
    url: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).max(2000),
  })
  .meta({ id: "Webhook", description: "Receives the job when it ends, signed as Standard Webhooks specifies." });

/** The fields of a job spec that say how it is run. */
export const runOptions = {
  checkpoint: checkpoint.prefault({}),
  priority: z
    .int()
    .min(-100)
    .max(100)
    .default(RUN.priority)
    .meta({ description: "Higher runs first. The priority of a queued job rises by one for each minute that it waits." }),
  max_seconds: z
    .number()
    .positive()
    .max(MAX_SECONDS)
    .default(RUN.max_seconds)
    .meta({ description: "Limit of training time; beyond it the job fails with code timeout." }),
  max_retries: z.int().min(0).max(20).default(RUN.max_retries).meta({
    description: "How often the job continues from its last checkpoint after its worker died. Divergence is not retried.",
  }),
  threads: z.int().min(1).max(MAX_THREADS).nullable().optional().meta({
    description:
      "Most threads that train the job together; by default (or null) as many as there are cores that no other job uses. Never more than the jobs that the server trains at the same time, and only one if a step is too short to be worth sharing. Weights do not depend on it.",
  }),
  webhook: webhook.nullable().default(RUN.webhook),
};
