/**
 * A store that remembers the models found by reference: predictions ask for the same few, many thousand times a second. A
 * change made through this store is seen by the next look; one made by another process, within a second.
 */

import { DEFAULT_PROJECT } from "../../domain/access/project.ts";
import { createLru } from "../../domain/lru.ts";
import type { Model } from "../../domain/models/model.ts";
import type { ModelRef } from "../../domain/models/registry.ts";
import type { ProjectStore, Store } from "../../domain/ports.ts";

const MAX_MODELS = 1000;
const MAX_PROJECTS = 1000;
/** Changes of other processes are not announced: what is remembered is looked up anew after this. */
const MAX_AGE_MS = 1000;

interface Entry {
  readonly model: Promise<Model | null>;
  /** The same, once it is there. */
  known: Model | null;
  readonly foundAt: number;
}

/** Everything that changes which model a reference names, or what is said of it. */
const CHANGES = [
  "insertModel",
  "tagModel",
  "setAlias",
  "deleteAlias",
  "deleteModel",
  "deleteCheckpoint",
] as const satisfies readonly (keyof ProjectStore)[];

/** How the processes that share a database tell each other that something may be remembered wrongly. */
export interface ModelSignals {
  announce(topic: string): void;
  onTopic(topic: string, listener: () => void): () => void;
}

const TOPIC = "models";

/** The store, and those of its projects, with `findModel` from memory where that is as good. */
export function rememberModels(store: Store, signals?: ModelSignals): Store {
  const entries = createLru<Entry>({ maxCount: MAX_MODELS, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });

  const look = (key: string, find: () => Promise<Model | null>): Promise<Model | null> => {
    const model = find();
    const entry: Entry = { model, known: null, foundAt: performance.now() };
    entries.set(key, entry);
    const forget = () => {
      if (entries.get(key) === entry) entries.delete(key);
    };
    // What is not there may come at any time.
    model.then((found) => {
      if (found) entry.known = found;
      else forget();
    }, forget);
    return model;
  };

  const changing =
    <Arguments extends unknown[], Result>(change: (...args: Arguments) => Promise<Result>) =>
    async (...args: Arguments): Promise<Result> => {
      try {
        return await change(...args);
      } finally {
        // What is being looked up at this moment may be from before the change, and goes too.
        entries.clear();
        signals?.announce(TOPIC);
      }
    };
  signals?.onTopic(TOPIC, () => entries.clear());

  const remembering = <S extends ProjectStore>(project: string, plain: S): S => ({
    ...plain,
    findModel(ref: ModelRef) {
      const key = `${project} ${keyOf(ref)}`;
      const known = entries.get(key);
      return known && performance.now() - known.foundAt < MAX_AGE_MS ? known.model : look(key, () => plain.findModel(ref));
    },
    // A reference is spelled as its key is.
    knownModel(text) {
      const entry = entries.get(`${project} ${text}`);
      return entry && performance.now() - entry.foundAt < MAX_AGE_MS ? entry.known : null;
    },
    ...(Object.fromEntries(CHANGES.map((name) => [name, changing(plain[name] as never)])) as Pick<S, (typeof CHANGES)[number]>),
  });

  // A request asks for the store of its project: the same one each time.
  const projects = createLru<ProjectStore>({ maxCount: MAX_PROJECTS, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });
  return {
    ...remembering(DEFAULT_PROJECT, store),
    finishJob: changing(store.finishJob),
    ofProject(project) {
      const known = projects.get(project);
      if (known) return known;
      const made = remembering(project, store.ofProject(project));
      projects.set(project, made);
      return made;
    },
  };
}

/** Names have no @ in them. */
function keyOf(ref: ModelRef): string {
  if (ref.kind === "id") return ref.id;
  if (ref.kind === "newest") return ref.name;
  return ref.kind === "version" ? `${ref.name}@${ref.version}` : `${ref.name}@${ref.alias}`;
}
