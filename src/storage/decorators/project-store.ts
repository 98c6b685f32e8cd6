/**
 * The store of one project: to whoever holds it, a record of another project does not exist. This is the one place that keeps
 * projects apart by id; what a method answers for an id that does not exist, the table of methods says.
 */
import type { EntityStores } from "../../domain/store/entity-stores.ts";
import type { ProjectStore } from "../../domain/store/store.ts";
import { projectMethods, type StoreMethod, wrapMethods } from "../../domain/store/wrap-store.ts";
import type { Owners } from "./owners.ts";

/**
 * `stores` already list, name and insert within the project. A method that is given an id first asks whether the id is the
 * project's.
 */
export function projectStore(project: string, stores: EntityStores, owners: Owners): ProjectStore {
  return wrapMethods(projectMethods(stores), (method, { project: rule }): StoreMethod => {
    if (typeof rule === "string") return method;
    const { unknown, idOf = firstArgument } = rule;
    return async (...args) => {
      const id = idOf(...args);
      return id === null || (await owners.of(id)) === project ? method(...args) : unknown(id);
    };
  });
}

function firstArgument(...args: readonly unknown[]): string {
  return args[0] as string;
}
