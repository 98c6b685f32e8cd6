/**
 * Warms up threads. Otherwise the first job of a thread would wait until V8 has compiled the engine and the schemas, which takes ten times
 * as long as the job. So each thread runs small jobs of its own at its start.
 */
import type { Limits } from "../domain/limits.ts";
import type { TrainingRun } from "../domain/ports.ts";
import { prepareJob } from "../training/prepare/prepare.ts";
import { train } from "../training/run/train.ts";

const UNLIMITED: Limits = {
  bodyBytes: Number.MAX_SAFE_INTEGER,
  rows: Number.MAX_SAFE_INTEGER,
  parameters: Number.MAX_SAFE_INTEGER,
  jobMemoryBytes: Number.MAX_SAFE_INTEGER,
  memoryBytes: Number.MAX_SAFE_INTEGER,
  predictRows: Number.MAX_SAFE_INTEGER,
};

/** A network with a hidden layer, trained in full batches and in mini-batches. */
const SPECS = [null, 16].map((batch_size) => ({
  data: { generator: { type: "moons", samples: 40 } },
  model: { layers: [{ type: "linear", units: 4 }, { type: "relu" }, { type: "linear" }, { type: "sigmoid" }] },
  split: { validation: 0.2 },
  batch_size,
  epochs: 50,
}));

/** Prepares small jobs as a compute thread does, and returns them as runs. */
export function warmUpPreparing(): TrainingRun[] {
  return SPECS.map((spec) => {
    const prepared = prepareJob(new TextEncoder().encode(JSON.stringify(spec)), UNLIMITED);
    if (!prepared.ok) throw new Error("the warm-up job was refused");
    const { spec: resolved, payload, classes, parameters } = prepared;
    return {
      job: { id: "", spec: resolved, classes, parameters, attempt: 1, epochsDone: 0 },
      payload,
      dataset: null,
      checkpoint: null,
    };
  });
}

/** Trains the same small jobs as a training thread does. */
export function warmUpTraining(): void {
  const ignore = () => undefined;
  const control = {
    cancelled: () => false,
    stopping: () => null,
    report: ignore,
    save: ignore,
    storing: () => false,
    settle: () => undefined,
  };
  for (const run of warmUpPreparing()) train(run, control);
}
