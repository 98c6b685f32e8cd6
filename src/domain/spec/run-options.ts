/** How a job is run, apart from what it computes: nothing here changes a bit of its weights. */
import { z } from "zod";
import { DEFAULT_RUN_OPTIONS } from "../jobs/run-defaults.ts";

const { checkpoint: CHECKPOINT, ...RUN } = DEFAULT_RUN_OPTIONS;

/** Most threads of one job. */
export const MAX_THREADS = 64;

/** Longest training that may be asked for. */
export const MAX_SECONDS = 30 * 86_400;

const checkpoint = z
  .strictObject({
    every_epochs: z
      .int()
      .min(1)
      .max(100_000_000)
      .nullable()
      .default(CHECKPOINT.every_epochs)
      .meta({ description: "Write one after this many epochs; null leaves it to the time." }),
    every_seconds: z
      .number()
      .min(1)
      .max(3600)
      .default(CHECKPOINT.every_seconds)
      .meta({ description: "Of training: write one when the last is this old, in the middle of an epoch if need be." }),
    min_seconds: z.number().min(0).max(3600).default(CHECKPOINT.min_seconds).meta({
      description:
        "Of training: never write one sooner than this after the last, or after the start. 0: every one that is due by epochs is written, and training waits for it to be stored.",
    }),
    keep: z
      .int()
      .min(1)
      .max(1000)
      .default(CHECKPOINT.keep)
      .meta({ description: "The newest that are kept. The best one is kept besides." }),
  })
  .meta({
    id: "CheckpointOptions",
    description: "When the state of training is stored, from which the job goes on after a stop.",
  });

const webhook = z
  .strictObject({
    url: z.url({ protocol: /^https?$/, error: "must be an http or https URL" }).max(2000),
  })
  .meta({ id: "Webhook", description: "Is sent the job when it ends, signed as Standard Webhooks says." });

/** The fields of a job spec that say how it is run. */
export const runOptions = {
  checkpoint: checkpoint.prefault({}),
  priority: z
    .int()
    .min(-100)
    .max(100)
    .default(RUN.priority)
    .meta({ description: "Higher runs first. A queued job rises by one in each minute that it waits." }),
  max_seconds: z
    .number()
    .positive()
    .max(MAX_SECONDS)
    .default(RUN.max_seconds)
    .meta({ description: "Of training; over it the job fails with code timeout." }),
  max_retries: z.int().min(0).max(20).default(RUN.max_retries).meta({
    description: "How often the job goes on from its last checkpoint after its worker died. Divergence is not retried.",
  }),
  threads: z.int().min(1).max(MAX_THREADS).nullable().optional().meta({
    description:
      "Most threads that train it together; null or left out: as many as there are cores that no other job uses. Never more than the server trains jobs at the same time, and one where a step is too short to be worth sharing. Weights do not depend on it.",
  }),
  webhook: webhook.nullable().default(RUN.webhook),
};
