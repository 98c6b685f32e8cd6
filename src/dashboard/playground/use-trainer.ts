/**
 * The playground's training as a hook: starts the worker, sets it up, and asks for a frame at a time while it plays, so that it
 * never runs ahead of what is drawn.
 */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { createCurves } from "../charts/curves.ts";
import { NO_POINTS, type PointTable } from "../charts/point-table.ts";
import type { Frame, FromWorker, PlaygroundPoint, ToWorker, TrainerSetup } from "./messages.ts";

/** Approximate number of points of the loss curve. */
const CURVE_POINTS = 300;
/** Maximum time until a frame is drawn, however many epochs were requested. */
const FRAME_BUDGET_MS = 24;
/** It pauses by itself here: nothing moves any more, and a forgotten page should not keep a core busy. */
const MAX_EPOCHS = 20_000;

export interface TrainerState {
  readonly points: readonly PlaygroundPoint[];
  readonly classes: readonly string[];
  readonly parameters: number;
  readonly frame: Frame;
  /** Columns `loss` and `val_loss`. */
  readonly curve: PointTable;
}

export interface Trainer {
  /** Null before the first picture. The old one stays until a new setup has its own. */
  readonly state: TrainerState | null;
  readonly playing: boolean;
  /** Why the setup cannot be trained. */
  readonly error: string | null;
  play(on: boolean): void;
  /** Trains one epoch and pauses. */
  step(): void;
  /** Goes back to the initial weights, and pauses. */
  reset(): void;
}

export interface Pace {
  /** Epochs between two pictures. */
  readonly epochs: number;
  readonly lr: number;
}

/** Trains `setup`; null: there is nothing to train yet. Another setup starts again, and keeps playing if it was playing. */
export function useTrainer(setup: TrainerSetup | null, pace: Pace): Trainer {
  const [state, setState] = useState<TrainerState | null>(null);
  const [playing, setPlaying] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  const worker = useRef<Worker | null>(null);
  const training = useRef({ id: 0, busy: true, steps: 0, isReset: false, curves: createCurves(CURVE_POINTS) });
  const latest = useRef({ pace, playing });
  latest.current = { pace, playing };

  const ask = useCallback((epochs: number) => {
    const { current } = training;
    if (current.busy) return;
    current.busy = true;
    const { lr } = latest.current.pace;
    send(worker.current, { type: "advance", id: current.id, epochs, budgetMs: FRAME_BUDGET_MS, lr });
  }, []);

  useEffect(() => {
    const own = new Worker(new URL("./trainer-worker.ts", import.meta.url).href);
    worker.current = own;
    own.onerror = () => setError("The worker that trains did not start. Reload the page.");
    own.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      const { current } = training;
      if (data.id !== current.id) return;
      current.busy = false;
      current.isReset = false;
      if (data.type === "failed") {
        setError(data.detail);
        setPlaying(false);
        return;
      }
      setState((before) => stateAfter(data, before, current.curves));
      if (current.steps > 0) {
        current.steps -= 1;
        ask(1);
      }
      if (data.frame.diverged || data.frame.epoch >= MAX_EPOCHS) setPlaying(false);
    };
    return () => own.terminate();
  }, []);

  useEffect(() => {
    if (!setup) return;
    const { id, steps, isReset } = training.current;
    training.current = { id: id + 1, busy: true, steps: isReset ? steps : 0, isReset, curves: createCurves(CURVE_POINTS) };
    setError(null);
    send(worker.current, { type: "setup", id: training.current.id, setup });
  }, [setup, round]);

  // Ask for the next frame when this one has been drawn.
  useEffect(() => {
    if (!playing) return;
    let request = window.requestAnimationFrame(function next() {
      ask(latest.current.pace.epochs);
      request = window.requestAnimationFrame(next);
    });
    return () => window.cancelAnimationFrame(request);
  }, [playing, ask]);

  const reset = () => {
    setPlaying(false);
    // A step that comes before the effect has begun again is one of the new training.
    Object.assign(training.current, { id: training.current.id + 1, busy: true, steps: 0, isReset: true });
    setRound((count) => count + 1);
  };
  return {
    state,
    playing,
    error,
    play: setPlaying,
    step() {
      setPlaying(false);
      // One that comes before the last frame is done after it.
      if (training.current.busy) training.current.steps += 1;
      else ask(1);
    },
    reset,
  };
}

function send(worker: Worker | null, message: ToWorker): void {
  worker?.postMessage(message);
}

type Pictured = Exclude<FromWorker, { type: "failed" }>;

function stateAfter(
  message: Pictured,
  before: TrainerState | null,
  curves: ReturnType<typeof createCurves>,
): TrainerState | null {
  if (message.type === "ready") {
    const { points, classes, parameters, frame } = message;
    return { points, classes, parameters, frame, curve: NO_POINTS };
  }
  const { epochs, loss, valLoss } = message.frame.series;
  if (epochs.length > 0) {
    const held = Number.isNaN(valLoss[0]) && !message.frame.diverged ? {} : { val_loss: valLoss };
    curves.append({ epochs, columns: { loss, ...held } });
  }
  return before && { ...before, frame: message.frame, curve: curves.view(null) };
}
