/** The store: all that a database keeps, as the server has it and as one project has it. */
import type { StoreHealth } from "../operation/store-health.ts";
import type { EntityStores } from "./entity-stores.ts";
import type { METHODS } from "./method-table.ts";

type Table = typeof METHODS;

/** Methods of an entity that a project has: those that the table does not keep for the server. */
type ProjectMethod<Entity extends keyof Table> = {
  [Method in keyof Table[Entity]]: Table[Entity][Method] extends { readonly project: "server" } ? never : Method;
}[keyof Table[Entity]];

/** Entities of which a project has any method. */
type ProjectEntity = { [Entity in keyof Table]: [ProjectMethod<Entity>] extends [never] ? never : Entity }[keyof Table];

/** The records of one project: any other record is unknown to this store. Which methods it has, the table says. */
export type ProjectStore = {
  readonly [Entity in ProjectEntity]: Pick<EntityStores[Entity], ProjectMethod<Entity> & keyof EntityStores[Entity]>;
};

/**
 * The database. This store is the server's: by id and in lists it has the records of every project; what it inserts, and names
 * that it is asked for, are those of the project `default`. Any method throws "unavailable" when the database does not answer;
 * what adds data throws "storage_full" when there is no room.
 */
export interface Store extends EntityStores {
  /** The records of a project alone: to this store any other is unknown. */
  ofProject(project: string): ProjectStore;
  /** Throws "unavailable" when the database does not answer, or is not healthy. */
  ping(): Promise<void>;
  /** What the database can still do, as of its last failure or recovery. */
  health(): StoreHealth;
  /** Calls at every change of the health, with the error that caused it. Returns an unsubscribe function. */
  onHealth(listener: (health: StoreHealth, cause: unknown) => void): () => void;
  /** Closes every connection. Nothing may be asked afterwards. */
  close(): Promise<void>;
}
