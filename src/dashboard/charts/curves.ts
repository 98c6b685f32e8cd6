/**
 * The curves of one job in bounded memory, however long it runs: an overview of all epochs, thinned ever more as it grows,
 * and the finer points of the stretch that is looked at. Knows neither where points come from nor how they are drawn.
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
  /**
   * Takes consecutive epochs after those that are there; what is there already is left out. Gives the epochs in between that
   * were not told, if there are any: `insert` takes them later.
   */
  append(points: PointTable): Span | null;
  /** Puts points, some or all of those of a span, in the place of those that are there. */
  insert(points: PointTable, span: Span): void;
  /** Finer points for a span; they are used while that is looked at. Null lets them go. */
  refine(points: PointTable | null, span: Span): void;
  /** What to draw when a span is looked at, or (null) everything. */
  view(span: Span | null): PointTable;
  /** Whether there are more epochs in a span than points, and finer ones are worth asking for. */
  isCoarse(span: Span): boolean;
}

/** How many times more points than were asked for are kept before they are thinned. */
const SLACK = 2.5;

/** Curves that are read in about `wanted` points, for the whole as for a stretch. */
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
