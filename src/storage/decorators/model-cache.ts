/**
 * A store that remembers the models found by reference: predictions ask for the same few, many thousand times a second. A
 * change made through this store is seen by the next look; one made by another process, within a second.
 */

import { createLru } from "../../domain/lru.ts";
import type { Model } from "../../domain/models/model.ts";
import type { ModelRef } from "../../domain/models/registry.ts";
import type { ProjectStore, Store } from "../../domain/store/store.ts";
import { type StoreMethod, wrapMethods, wrapStore } from "../../domain/store/wrap-store.ts";

const MAX_MODELS = 1000;
/** Changes of other processes are not announced: what is remembered is looked up anew after this. */
const MAX_AGE_MS = 1000;

interface Entry {
  readonly model: Promise<Model | null>;
  /** The same, once it is there. */
  known: Model | null;
  readonly foundAt: number;
}

/** How the processes that share a database tell each other that something may be remembered wrongly. */
export interface ModelSignals {
  announce(topic: string): void;
  onTopic(topic: string, listener: () => void): () => void;
}

const TOPIC = "models";

/** The store, and those of its projects, with `models.find` and `models.known` from memory where that is as good. */
export function rememberModels(store: Store, signals?: ModelSignals): Store {
  const entries = createLru<Entry>({ maxCount: MAX_MODELS, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });

  const remember = (key: string, model: Promise<Model | null>): Promise<Model | null> => {
    const entry: Entry = { model, known: null, foundAt: performance.now() };
    entries.set(key, entry);
    const forget = () => {
      if (entries.get(key) === entry) entries.delete(key);
    };
    // A model that does not exist may be stored at any time.
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
        // What is being read at this moment may be from before the change, and goes too.
        entries.clear();
        signals?.announce(TOPIC);
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
      // A reference is spelled as its key is.
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

/** Names have no @ in them. */
function keyOf(ref: ModelRef): string {
  if (ref.kind === "id") return ref.id;
  if (ref.kind === "newest") return ref.name;
  return ref.kind === "version" ? `${ref.name}@${ref.version}` : `${ref.name}@${ref.alias}`;
}
