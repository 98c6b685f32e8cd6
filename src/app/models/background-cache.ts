/** Background rows of the models that were asked about last, in memory. */
import type { Background } from "../../domain/explanations/explanation.ts";
import { createLru, type Lru } from "../../domain/lru.ts";

const MAX_KEPT = 64;
const MAX_KEPT_BYTES = 64 * 1024 * 1024;

/** Background rows by model, number and seed. */
export type BackgroundCache = Lru<Background>;

/** None at first. */
export const createBackgroundCache = (): BackgroundCache =>
  createLru<Background>({
    maxCount: MAX_KEPT,
    maxBytes: MAX_KEPT_BYTES,
    bytesOf: ({ features, ranges }) => features.byteLength + ranges.byteLength,
  });
