/** The one way to wrap a store: every method by its line in the table. Names no method. */
import { DEFAULT_PROJECT } from "../access/project.ts";
import { createLru } from "../memory/lru.ts";
import type { EntityStores } from "./entity-stores.ts";
import { METHODS, type MeasuredName, type MethodFacts } from "./method-table.ts";
import type { ProjectStore, Store } from "./store.ts";

/** A method of a store, for wrappers that know only its line in the table. */
export type StoreMethod = (...args: readonly unknown[]) => Promise<unknown>;

/** The line of any method. */
export type AnyFacts = Omit<MethodFacts<StoreMethod>, "measuredAs"> & { readonly measuredAs?: MeasuredName };

/** Returns a method that does something in addition, or the method itself if there is nothing to do. */
export type MethodWrapper = (method: StoreMethod, facts: AnyFacts) => StoreMethod;

type Methods = Readonly<Record<string, StoreMethod>>;

/** The lines of the table, without the types of each method's own arguments. */
const LINES = METHODS as unknown as Readonly<Record<string, Readonly<Record<string, AnyFacts>>>>;

/** Maximum projects' stores that a wrapped store caches: requests ask for the same ones again and again. */
const MAX_PROJECTS = 1000;

/** A store with wrapped methods. Methods that answer from memory, and members that are not entities, stay as they are. */
export function wrapMethods<Part extends ProjectStore>(part: Part, wrap: MethodWrapper): Part {
  return mapEntities(part, (method, facts) => (facts.access === "memory" ? method : wrap(method, facts)));
}

/**
 * A wrapped store, with the stores of its projects. `wrap` is called once for the server's store, whose names are those of the project
 * `default`, and once for each project's.
 */
export function wrapStore(store: Store, wrap: <Part extends ProjectStore>(part: Part, project: string) => Part): Store {
  const projects = createLru<ProjectStore>({ maxCount: MAX_PROJECTS, maxBytes: Number.POSITIVE_INFINITY, bytesOf: () => 0 });
  return {
    ...wrap(store, DEFAULT_PROJECT),
    ofProject(project) {
      const known = projects.get(project);
      if (known) return known;
      const wrapped = wrap(store.ofProject(project), project);
      projects.set(project, wrapped);
      return wrapped;
    },
  };
}

/** Only the methods that the table gives to projects. */
export function projectMethods(stores: EntityStores): ProjectStore {
  return mapEntities<ProjectStore>(stores, (method, { project }) => (project === "server" ? null : method));
}

/** Maps each method of each entity; null removes it, and an entity without methods too. */
function mapEntities<Part extends ProjectStore>(
  part: Part,
  change: (method: StoreMethod, facts: AnyFacts) => StoreMethod | null,
): Part {
  const result: Record<string, unknown> = { ...part };
  for (const [entity, lines] of Object.entries(LINES)) {
    const methods = result[entity] as Methods | undefined;
    if (!methods) continue;
    const changed = Object.entries(lines).flatMap(([name, facts]): [string, StoreMethod][] => {
      const method = methods[name];
      const made = method && change(method, facts);
      return made ? [[name, made]] : [];
    });
    if (changed.length > 0) result[entity] = Object.fromEntries(changed);
    else delete result[entity];
  }
  return result as Part;
}
