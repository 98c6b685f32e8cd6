/**
 * The curves of a job, read from the server and followed: its past, new epochs, gaps in between, and finer points of the span in focus. A
 * job with more epochs than a screen can show is not followed frame by frame: its new epochs are read downsampled, as often as the page
 * can. Reports changes at most once per animation frame.
 */
import type { Frame } from "../../client/answers.ts";
import { type Curves, createCurves, type Span } from "../charts/curves.ts";
import { fromWire } from "../charts/point-table.ts";
import { FROM_NOW, type Live } from "../live/live.ts";
import type { Api } from "../shell/api.ts";

/** A job's curves while they are followed. */
export interface FollowedCurves {
  readonly curves: Curves;
  /** Whether the past has been read. */
  readonly known: boolean;
  /** Why the last reading failed; null when it did not. */
  readonly error: unknown;
  /** Reads finer points of a span; null: the overview is enough. */
  focus(span: Span | null): void;
  /** Reads again what failed. */
  retry(): void;
  /** Stops following; the curves stay as they are. */
  stop(): void;
}

export interface FollowOptions {
  readonly api: Api;
  readonly live: Live;
  readonly id: string;
  /** About how many points to ask for; when left out, two per pixel of a wide screen. */
  readonly points?: number;
  /** Called after a change, at most once per animation frame. */
  readonly onChange: () => void;
}

/** With seven columns, of which a bucket keeps minimum and maximum, that is some 300 buckets across the screen. */
const POINTS = 4000;
/** Epochs of one frame from which on a job counts as too fast to be followed frame by frame. */
const DENSE_EPOCHS = 400;
/** Points per reading of a fast job's new epochs, and the time between two readings. */
const PULL_POINTS = 200;
const PULL_MS = 200;
/** How long after a change the finer points of the span in focus are read again. */
const REFINE_MS = 400;

/** Follows a job's curves until `stop`. */
export function followCurves({ api, live, id, points = POINTS, onChange }: FollowOptions): FollowedCurves {
  const curves = createCurves(points);
  const abort = new AbortController();
  let known = false;
  let error: unknown = null;
  let frame = 0;
  let span: Span | null = null;
  let refining: AbortController | null = null;
  let timer: number | undefined;
  let pullTimer: number | undefined;
  let newest = 0;
  const missed: Span[] = [];

  const change = (): void => {
    if (frame === 0 && !abort.signal.aborted) {
      frame = requestAnimationFrame(() => {
        frame = 0;
        onChange();
      });
    }
  };

  /** Reads a span, thinned. Returns the last epoch that is known now, or null when the reading failed. */
  const read = async (from: number, to: number | undefined, wanted = points): Promise<number | null> => {
    try {
      const metrics = await api.metrics(id, { from, ...(to && { to }), points: wanted }, { signal: abort.signal });
      if (metrics.total > 0) curves.insert(fromWire(metrics), { from: metrics.from, to: metrics.to });
      error = null;
      return metrics.to;
    } catch (fault) {
      if (!abort.signal.aborted) error = fault;
      return null;
    } finally {
      change();
    }
  };

  const fillGaps = async (): Promise<void> => {
    for (let gap = missed.shift(); gap; gap = missed.shift()) await read(gap.from, gap.to);
  };

  /** Reads the epochs after the newest known one. Live frames that arrive meanwhile are kept, and the gaps between are read. */
  const catchUp = async (): Promise<void> => {
    const covered = await read(curves.last + 1, undefined);
    if (covered === null) return;
    known = true;
    const rest = missed.splice(0).map(({ from, to }) => ({ from: Math.max(from, covered + 1), to }));
    missed.push(...rest.filter(({ from, to }) => from <= to));
    await fillGaps();
    if (newest > curves.last) pullSoon();
  };

  const refine = async (): Promise<void> => {
    timer = undefined;
    const wanted = span;
    if (!wanted || !curves.isCoarse(wanted)) return;
    refining?.abort();
    const own = new AbortController();
    refining = own;
    try {
      const metrics = await api.metrics(id, { ...wanted, points }, { signal: own.signal });
      if (own.signal.aborted || metrics.total === 0) return;
      curves.refine(fromWire(metrics), { from: metrics.from, to: metrics.to });
      change();
    } catch {
      // The overview's points stay.
    }
  };
  const refineSoon = (delayMs: number): void => {
    if (span && timer === undefined) timer = window.setTimeout(() => void refine(), delayMs);
  };

  const onFrame = (message: Frame): void => {
    if (message.type !== "metrics") return;
    const gap = curves.append(fromWire(message));
    if (gap) {
      missed.push(gap);
      if (known) void fillGaps();
    }
    seen(message.from, message.to);
    if (message.to - message.from >= DENSE_EPOCHS) pullFromNow();
    change();
  };
  const seen = (from: number, to: number): void => {
    if (span && to >= span.from && from <= span.to) refineSoon(REFINE_MS);
  };

  /** Reads new epochs, and again when more have come meanwhile. */
  const pull = async (): Promise<void> => {
    const from = curves.last + 1;
    const covered = await read(from, undefined, PULL_POINTS);
    if (covered !== null) seen(from, covered);
    pullTimer = window.setTimeout(() => {
      pullTimer = undefined;
      if (newest > curves.last && covered !== null) pullSoon();
    }, PULL_MS);
  };
  const pullSoon = (): void => {
    if (pullTimer !== undefined || !known || abort.signal.aborted) return;
    pullTimer = 0;
    void pull();
  };
  const pullFromNow = (): void => {
    stopFollowing();
    stopFollowing = live.watchJobs((message) => {
      if (message.type !== "job" || message.job.id !== id) return;
      newest = message.job.epochs_done;
      if (newest > curves.last) pullSoon();
    });
  };

  let stopFollowing = live.follow(id, FROM_NOW, onFrame);
  if (live.generation.get() > 0) void catchUp();
  const stopListening = live.generation.subscribe(() => void catchUp());

  return {
    curves,
    get known() {
      return known;
    },
    get error() {
      return error;
    },
    focus(next) {
      span = next;
      window.clearTimeout(timer);
      timer = undefined;
      if (!next) curves.refine(null, { from: 1, to: 0 });
      refineSoon(0);
      change();
    },
    retry: () => void catchUp(),
    stop() {
      abort.abort();
      refining?.abort();
      window.clearTimeout(timer);
      window.clearTimeout(pullTimer);
      cancelAnimationFrame(frame);
      stopFollowing();
      stopListening();
    },
  };
}
