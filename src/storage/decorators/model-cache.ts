/**
 * Wraps a store with a cache of models by reference, because predictions read the same few many thousand times a second. A
 * change through this store is visible to the next read; a change by another process, within a second.
 */

import { createLru } from "../../domain/memory/lru.ts";
import type { Model } from "../../domain/models/model.ts";
import type { ModelRef } from "../../domain/models/registry.ts";
import type { ProjectStore, Store } from "../../domain/store/store.ts";
import { type StoreMethod, wrapMethods, wrapStore } from "../../domain/store/wrap-store.ts";

const MAX_MODELS = 1000;
/** Age at which an entry expires, in case a change by another process was not signalled. */
const MAX_AGE_MS = 1000;

interface Entry {
  readonly model: Promise<Model | null>;
  /** The same model, once the promise has resolved; null before. */
  known: Model | null;
  readonly foundAt: number;
}

/** Signals between the processes that share a database, that a cached model may be out of date. */
export interface ModelSignals {
  broadcast(topic: string): void;
  onTopic(topic: string, listener: () => void): () => void;
}

const TOPIC = "models";

/** Wraps the store, and those of its projects: `models.find` and `models.known` answer from the cache while an entry is fresh. */
export function rememberModels(store: Store, signals?: ModelSignals): Store {
  const entries = createLru<Entry>({ maxCount: MAX_MODELS, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });

  const remember = (key: string, model: Promise<Model | null>): Promise<Model | null> => {
    const entry: Entry = { model, known: null, foundAt: performance.now() };
    entries.set(key, entry);
    const forget = () => {
      if (entries.get(key) === entry) entries.delete(key);
    };
    // A missing model is not cached: it may be stored at any time.
    model.then((found) => {
      if (found) entry.known = found;
      else forget();
    }, forget);
    return model;
  };

  const forgetting =
    (change: StoreMethod): StoreMethod =>
    async (...args) => {
      try {
        return await change(...args);
      } finally {
        // Also drops reads under way, which may return the model from before the change.
        entries.clear();
        signals?.broadcast(TOPIC);
      }
    };
  signals?.onTopic(TOPIC, () => entries.clear());

  return wrapStore(store, (part, project) => {
    const { models } = part;
    const remembering: Pick<ProjectStore["models"], "find" | "known"> = {
      find(ref) {
        const key = `${project} ${keyOf(ref)}`;
        const entry = entries.get(key);
        return entry && isFresh(entry) ? entry.model : remember(key, models.find(ref));
      },
      // The text of a reference is its cache key.
      known(text) {
        const entry = entries.get(`${project} ${text}`);
        return entry && isFresh(entry) ? entry.known : null;
      },
    };
    const changing = wrapMethods(part, (method, { changesModels }) => (changesModels ? forgetting(method) : method));
    return { ...changing, models: { ...changing.models, ...remembering } };
  });
}

function isFresh({ foundAt }: Entry): boolean {
  return performance.now() - foundAt < MAX_AGE_MS;
}

/** Returns the cache key of a reference. It is unambiguous because names contain no @. */
function keyOf(ref: ModelRef): string {
  if (ref.kind === "id") return ref.id;
  if (ref.kind === "newest") return ref.name;
  return ref.kind === "version" ? `${ref.name}@${ref.version}` : `${ref.name}@${ref.alias}`;
}
