/** The thread's side of a run: slices out, with back-pressure, and the cancel flag in. Knows nothing of how one trains. */
import type { MetricSlice } from "../domain/metric.ts";
import type { TrainingResult, TrainingRun } from "../domain/ports.ts";
import { CONTROL, MAX_PENDING_SLICES, type TrainMessage, type TrainTask } from "./protocol.ts";
import { sliceBuffers, wholeBuffers } from "./transfer.ts";

/** What trains: `fit` of training/fit.ts, or a test's stand-in. */
export type Fit = (run: TrainingRun, control: { cancelled(): boolean; report(slice: MetricSlice): void }) => TrainingResult;

/** Trains and posts everything there is to say to the task's port. Blocks the thread. */
export function runTraining({ run, control, port }: TrainTask, fit: Fit): void {
  const post = (message: TrainMessage, buffers: ArrayBuffer[] = []) => port.postMessage(message, buffers);
  const cancelled = () => Atomics.load(control, CONTROL.cancelled) === 1;
  let sent = 0;
  const report = (slice: MetricSlice): void => {
    post({ kind: "slice", slice }, sliceBuffers([slice]));
    sent++;
    for (;;) {
      const acknowledged = Atomics.load(control, CONTROL.acknowledged);
      if (cancelled() || sent - acknowledged <= MAX_PENDING_SLICES) return;
      Atomics.wait(control, CONTROL.acknowledged, acknowledged);
    }
  };
  try {
    const result = fit(run, { cancelled, report });
    post({ kind: "result", result }, result.state === "succeeded" ? wholeBuffers([result.weights.data]) : []);
  } catch (error) {
    post({ kind: "defect", error });
  }
}
