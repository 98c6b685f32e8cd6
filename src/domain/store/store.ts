/** The store: everything that a database holds, for the server and for one project. */
import type { StoreHealth } from "../operation/store-health.ts";
import type { EntityStores } from "./entity-stores.ts";
import type { METHODS } from "./method-table.ts";

type Table = typeof METHODS;

/** Methods of an entity that a project has: those that the table does not reserve for the server. */
type ProjectMethod<Entity extends keyof Table> = {
  [Method in keyof Table[Entity]]: Table[Entity][Method] extends { readonly project: "server" } ? never : Method;
}[keyof Table[Entity]];

/** Entities with at least one method for projects. */
type ProjectEntity = { [Entity in keyof Table]: [ProjectMethod<Entity>] extends [never] ? never : Entity }[keyof Table];

/** The records of one project; other records are unknown to this store. The table says which methods it has. */
export type ProjectStore = {
  readonly [Entity in ProjectEntity]: Pick<EntityStores[Entity], ProjectMethod<Entity> & keyof EntityStores[Entity]>;
};

/**
 * The database. This is the server's store: by id and in lists it has the records of every project; inserts and names are those of the
 * project `default`. Any method throws "unavailable" when the database does not answer; methods that add data throw "storage_full" when
 * there is no room.
 */
export interface Store extends EntityStores {
  /** The store of one project, to which records of others are unknown. */
  ofProject(project: string): ProjectStore;
  /** Throws "unavailable" when the database does not answer, or is not healthy. */
  ping(): Promise<void>;
  /** What the database can still do, as of its last failure or recovery. */
  health(): StoreHealth;
  /** Calls at every change of the health, with the error that caused it. Returns an unsubscribe function. */
  onHealth(listener: (health: StoreHealth, cause: unknown) => void): () => void;
  /** Closes every connection. No method may be called afterwards. */
  close(): Promise<void>;
}
