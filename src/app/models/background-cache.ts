/** Caches the background rows of the models explained last. Requests for the same rows at the same time share one read. */
import type { Background } from "../../domain/explanations/explanation.ts";
import { createLru } from "../../domain/memory/lru.ts";

const MAX_KEPT = 64;
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

/** Background rows by model, number and seed. */
export interface BackgroundCache {
  /** Returns the rows of a key; calls `draw` if they are not cached. Rejects as `draw` does. */
  get(key: string, draw: () => Promise<Background>): Promise<Background>;
}

/** Creates an empty cache. */
export function createBackgroundCache(): BackgroundCache {
  const kept = createLru<Background>({
    maxCount: MAX_KEPT,
    maxBytes: MAX_KEPT_BYTES,
    bytesOf: ({ features, ranges }) => features.byteLength + ranges.byteLength,
  });
  const drawing = new Map<string, Promise<Background>>();
  const start = async (key: string, draw: () => Promise<Background>): Promise<Background> => {
    try {
      const background = await draw();
      kept.set(key, background);
      return background;
    } finally {
      drawing.delete(key);
    }
  };
  return {
    async get(key, draw) {
      const known = kept.get(key);
      if (known) return known;
      const drawn = drawing.get(key) ?? start(key, draw);
      drawing.set(key, drawn);
      return drawn;
    },
  };
}
