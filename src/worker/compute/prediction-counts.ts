/** The counts of predictions in this process that were not taken yet, by model. Counts nothing itself: tallies count where rows are read. */
import type { Model } from "../../domain/models/model.ts";
import { createRowDraw, type RowDraw } from "../../domain/monitoring/asked-rows.ts";
import { WINDOW_ROWS } from "../../domain/monitoring/drift.ts";
import type { PredictionCounts, Tally } from "../../domain/monitoring/tally.ts";
import type { CountedModel, CountedPredictions } from "../../domain/ports.ts";

/** Maximum models with waiting counts; those of further models are dropped until the next `take`. */
const MAX_MODELS = 1000;

/** The port, and the ways to report counts. */
export interface PredictionCounting extends CountedPredictions {
  /** A tally of this thread has counted rows. */
  tallied(tally: Tally): void;
  /** Rows were counted in a thread. */
  add(modelId: string, counts: PredictionCounts): void;
  /** Where rows of a model are offered for its sample; undefined if it has none. */
  drawOf(model: Model): RowDraw | undefined;
}

/** Creates empty counts. */
export function createPredictionCounting(isOn: boolean): PredictionCounting {
  const tallies = new Set<Tally>();
  const waiting = new Map<string, PredictionCounts>();
  // By model; a draw is created with the first row, because it needs the model's columns.
  const draws = new Map<string, RowDraw | null>();
  let listen: () => void = () => undefined;
  const merge = (modelId: string, added: PredictionCounts): number => {
    const before = waiting.get(modelId);
    if (!before && waiting.size >= MAX_MODELS) return 0;
    added.counts.forEach((count, bin) => {
      if (before) before.counts[bin] = (before.counts[bin] as number) + count;
    });
    const now = before ? { rows: before.rows + added.rows, counts: before.counts } : added;
    waiting.set(modelId, now);
    return now.rows;
  };
  return {
    isOn,
    tallied(tally) {
      // The next `take` takes these rows too: a model that is asked row by row costs one look-up each.
      tallies.add(tally);
      if (tally.rows >= WINDOW_ROWS || tallies.size >= MAX_MODELS) listen();
    },
    add(modelId, counts) {
      if (merge(modelId, counts) >= WINDOW_ROWS) listen();
    },
    take() {
      for (const tally of tallies) {
        const counts = tally.take();
        if (counts) merge(tally.modelId, counts);
      }
      tallies.clear();
      const taken: CountedModel[] = [...waiting].map(([modelId, counts]) => ({
        ...{ modelId, ...counts, sampled: draws.get(modelId)?.take() ?? [] },
      }));
      waiting.clear();
      return taken;
    },
    drawOf(model) {
      if (!model.reference) return undefined;
      const known = draws.get(model.id);
      if (known !== null) return known;
      const draw = createRowDraw(model);
      draws.set(model.id, draw);
      return draw;
    },
    sample(modelId, isWanted) {
      if (!isWanted) draws.delete(modelId);
      else if (!draws.has(modelId) && draws.size < MAX_MODELS) draws.set(modelId, null);
    },
    onWindow(listener) {
      listen = listener;
    },
  };
}
