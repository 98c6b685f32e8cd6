/** Calls procedures in the thread of a connection, under the rules of a dialect's statements. */
import type { ProcedureName } from "../queries/procedures.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import type { SqliteDialectOptions } from "./sqlite-driver.ts";
import type { SqliteError } from "./sqlite-error.ts";
import { failureOf } from "./sqlite-failures.ts";

export interface CallerOptions extends Omit<SqliteDialectOptions, "connection" | "begin"> {
  readonly connection: Pick<SqliteConnection, "call">;
  /** Whether they may use the reserve of the disk. A failure on a full disk releases it, and they are tried once more. */
  readonly usesReserve: boolean;
}

/** Returns a function that runs procedures under the same rules as the statements of a dialect. */
export function createCaller({ connection, level, admit, onFailure, usesReserve }: CallerOptions) {
  return async (name: ProcedureName, args: readonly unknown[]): Promise<unknown> => {
    admit?.();
    let isFull = false;
    const failed = async (error: SqliteError): Promise<Error> => {
      isFull = failureOf(error)?.status === "full";
      return onFailure ? onFailure(error) : error;
    };
    try {
      return await connection.call(level, name, args, failed);
    } catch (error) {
      if (!isFull || !usesReserve) throw error;
      return await connection.call(level, name, args, failed);
    }
  };
}
