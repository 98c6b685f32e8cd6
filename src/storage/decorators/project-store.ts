/**
 * Wraps the stores of one project so that records of other projects do not exist for their user. Only this file isolates
 * projects by id. The table of methods says what a method returns for an unknown id.
 */
import type { EntityStores } from "../../domain/store/entity-stores.ts";
import type { ProjectStore } from "../../domain/store/store.ts";
import { projectMethods, type StoreMethod, wrapMethods } from "../../domain/store/wrap-store.ts";
import type { Owners } from "./owners.ts";

/**
 * Creates the store of a project. `stores` already list, name and insert within the project. A method that takes an id first
 * checks that the project owns it.
 */
export function projectStore(project: string, stores: EntityStores, owners: Owners): ProjectStore {
  return wrapMethods(projectMethods(stores), (method, { project: rule }): StoreMethod => {
    if (typeof rule === "string") return method;
    const { unknown, idOf = firstArgument } = rule;
    return async (...args) => {
      const id = idOf(...args);
      return id === null || (await owners.owns(project, id)) ? method(...args) : unknown(id);
    };
  });
}

function firstArgument(...args: readonly unknown[]): string {
  return args[0] as string;
}
