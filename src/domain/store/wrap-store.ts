/** The one way to wrap a store: every method by its line in the table. Knows no method by its name. */
import { DEFAULT_PROJECT } from "../access/project.ts";
import { createLru } from "../lru.ts";
import type { EntityStores } from "./entity-stores.ts";
import { METHODS, type MeasuredName, type MethodFacts } from "./method-table.ts";
import type { ProjectStore, Store } from "./store.ts";

/** A method of a store to those who know nothing of it but its line in the table. */
export type StoreMethod = (...args: readonly unknown[]) => Promise<unknown>;

/** The line of any method. */
export type AnyFacts = Omit<MethodFacts<StoreMethod>, "measuredAs"> & { readonly measuredAs?: MeasuredName };

/** Makes of a method one that does something besides; or returns the method, where there is nothing to be done. */
export type MethodWrapper = (method: StoreMethod, facts: AnyFacts) => StoreMethod;

type Methods = Readonly<Record<string, StoreMethod>>;

/** The lines of the table, without what each knows of its own method's arguments. */
const LINES = METHODS as unknown as Readonly<Record<string, Readonly<Record<string, AnyFacts>>>>;

/** How many projects' stores a wrapped store remembers: a request asks for its project's, the same one each time. */
const MAX_PROJECTS = 1000;

/** A store whose methods are wrapped. Methods that answer from memory, and what is no entity, stay as they are. */
export function wrapMethods<Part extends ProjectStore>(part: Part, wrap: MethodWrapper): Part {
  return mapEntities(part, (method, facts) => (facts.access === "memory" ? method : wrap(method, facts)));
}

/**
 * A store that is wrapped, with those of its projects. `wrap` is called once for the server's store, which names what the project
 * `default` names, and once for each project's.
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

/** The methods that the table gives to projects, and no other. */
export function projectMethods(stores: EntityStores): ProjectStore {
  return mapEntities<ProjectStore>(stores, (method, { project }) => (project === "server" ? null : method));
}

/** Changes each method of each entity; null leaves it out, and an entity without any. */
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
