/**
 * Statistics of a process's models, as in Triton's statistics extension (docs/protocol/extension_statistics.md). Bounded: the most recently
 * used models, and the first batch sizes of each. Counts begin when the process does.
 */
import { z } from "zod";
import { createLru } from "../memory/lru.ts";
import type { Model } from "../models/model.ts";

/** Maximum models counted; the least recently used one is dropped. */
const MAX_MODELS = 1000;
/** Maximum batch sizes of a model that are counted separately. */
const MAX_BATCH_SIZES = 100;

const durationStat = z.object({ count: z.int(), ns: z.int() });

const STEPS = ["compute_input", "compute_infer", "compute_output"] as const;
const steps = { compute_input: durationStat, compute_infer: durationStat, compute_output: durationStat };

const modelStat = z.object({
  name: z.string(),
  version: z.string(),
  last_inference: z.int().meta({ description: "Milliseconds since 1970; 0 before the first." }),
  inference_count: z.int().meta({ description: "Rows." }),
  execution_count: z.int().meta({ description: "Requests: each is executed by itself." }),
  inference_stats: z.object({
    success: durationStat,
    fail: durationStat,
    queue: durationStat.meta({ description: "Always 0: a wait for a thread is part of compute_infer." }),
    ...steps,
    cache_hit: durationStat.meta({ description: "Always 0: answers are not cached." }),
  }),
  batch_stats: z.array(z.object({ batch_size: z.int(), ...steps })).meta({
    description: `By the number of rows, for the first ${MAX_BATCH_SIZES} numbers.`,
  }),
});

export const modelStatistics = z
  .object({ model_stats: z.array(modelStat) })
  .meta({ id: "ModelStatistics", description: "Statistics of the requests that this process has answered." });

/** How long the parts of one request took, in milliseconds. */
export interface InferenceTimes {
  readonly input: number;
  readonly infer: number;
  readonly output: number;
}

interface Duration {
  count: number;
  ns: number;
}

interface Counts {
  last: number;
  rows: number;
  readonly success: Duration;
  readonly fail: Duration;
  readonly steps: readonly [input: Duration, infer: Duration, output: Duration];
  readonly batches: Map<number, Counts["steps"]>;
}

export interface InferenceStatistics {
  /** Counts a request that was answered; `at` is the time in milliseconds since 1970. */
  succeeded(modelId: string, rows: number, times: InferenceTimes, at: number): void;
  /** Counts a request that was refused or failed after its model was found. */
  failed(modelId: string, elapsedMs: number): void;
  /** Returns the statistics of these models. */
  read(models: readonly Pick<Model, "id" | "name" | "version">[]): z.output<typeof modelStatistics>;
}

/** Creates the statistics of a process. */
export function createInferenceStatistics(): InferenceStatistics {
  const counts = createLru<Counts>({ maxCount: MAX_MODELS, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 1 });
  const of = (id: string): Counts => {
    const known = counts.get(id);
    if (known) return known;
    const begun = newCounts();
    counts.set(id, begun);
    return begun;
  };
  return {
    succeeded(modelId, rows, times, at) {
      const known = of(modelId);
      known.last = at;
      known.rows += rows;
      add(known.success, times.input + times.infer + times.output);
      addSteps(known.steps, times);
      const batch = known.batches.get(rows) ?? (known.batches.size < MAX_BATCH_SIZES ? newSteps() : null);
      if (!batch) return;
      addSteps(batch, times);
      known.batches.set(rows, batch);
    },
    failed: (modelId, elapsedMs) => add(of(modelId).fail, elapsedMs),
    read: (models) => ({ model_stats: models.map((model) => represent(model, counts.get(model.id) ?? newCounts())) }),
  };
}

const zero = (): Duration => ({ count: 0, ns: 0 });
const newSteps = (): Counts["steps"] => [zero(), zero(), zero()];
const newCounts = (): Counts => ({ last: 0, rows: 0, success: zero(), fail: zero(), steps: newSteps(), batches: new Map() });

function add(to: Duration, ms: number): void {
  to.count++;
  to.ns += Math.round(ms * 1e6);
}

function addSteps([input, infer, output]: Counts["steps"], times: InferenceTimes): void {
  add(input, times.input);
  add(infer, times.infer);
  add(output, times.output);
}

function represent({ name, version }: Pick<Model, "name" | "version">, counts: Counts): z.output<typeof modelStat> {
  const { last, rows, success, fail, steps: all, batches } = counts;
  return {
    name,
    version: String(version),
    last_inference: last,
    inference_count: rows,
    execution_count: success.count,
    inference_stats: { success, fail, queue: zero(), ...named(all), cache_hit: zero() },
    batch_stats: [...batches].sort(([a], [b]) => a - b).map(([size, of]) => ({ batch_size: size, ...named(of) })),
  };
}

const named = (of: Counts["steps"]) =>
  Object.fromEntries(STEPS.map((step, index) => [step, of[index] as Duration])) as Record<(typeof STEPS)[number], Duration>;
