/**
 * The curves of one job in bounded memory, however long it runs: an overview of all epochs, downsampled further as it grows, and finer
 * points of one span. Knows neither where points come from nor how they are drawn.
 */
import { between, firstAtLeast, join, NO_POINTS, type PointTable, thin } from "./point-table.ts";

/** Epochs `from`..`to`, both included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Curves {
  /** The newest epoch; 0 before there is one. */
  readonly last: number;
  /** Adds consecutive epochs; known ones are skipped. Returns the gap before them, if there is one: `insert` fills it later. */
  append(points: PointTable): Span | null;
  /** Replaces the points of a span. */
  insert(points: PointTable, span: Span): void;
  /** Sets the finer points, which `view` uses for their span; null removes them. */
  refine(points: PointTable | null, span: Span): void;
  /** Returns the points to draw for a span, or for all epochs (null). */
  view(span: Span | null): PointTable;
  /** Whether finer points of a span are worth reading: it has more epochs than points. */
  isCoarse(span: Span): boolean;
}

/** The overview is downsampled when it has this many times the wanted points. */
const SLACK = 2.5;

/** Creates empty curves of about `wanted` points, for the overview as for a span. */
export function createCurves(wanted: number): Curves {
  let overview: PointTable = NO_POINTS;
  let detail: (Span & { readonly points: PointTable }) | null = null;
  let stride = 1;
  let last = 0;

  const shrink = (): void => {
    while (overview.epochs.length > wanted * SLACK) {
      stride *= 2;
      overview = thin(overview, stride);
    }
  };

  const view: Curves["view"] = (span) => {
    if (!span || !detail || detail.from > span.to || detail.to < span.from) return overview;
    return join([between(overview, 1, detail.from - 1), detail.points, between(overview, detail.to + 1, last)]);
  };

  return {
    get last() {
      return last;
    },
    append(points) {
      const { epochs } = points;
      const fresh = between(points, last + 1, epochs.at(-1) ?? 0);
      if (fresh.epochs.length === 0) return null;
      const from = fresh.epochs[0] as number;
      const gap = from > last + 1 ? { from: last + 1, to: from - 1 } : null;
      overview = join([overview, thin(fresh, stride)]);
      last = fresh.epochs.at(-1) as number;
      shrink();
      return gap;
    },
    insert(points, { from, to }) {
      overview = join([between(overview, 1, from - 1), points, between(overview, to + 1, last)]);
      last = Math.max(last, points.epochs.at(-1) ?? 0);
      shrink();
    },
    refine(points, span) {
      detail = points && { ...span, points };
    },
    view,
    isCoarse({ from, to }) {
      const { epochs } = view({ from, to });
      const drawn = firstAtLeast(epochs, to + 1) - firstAtLeast(epochs, from);
      return drawn < Math.min(wanted / 2, Math.min(to, last) - from + 1);
    },
  };
}
