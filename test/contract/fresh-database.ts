/** New databases of the run's PostgreSQL, and what a new SQLite database is copied of. */
import { inject } from "vitest";

/** The URL of a new empty database. */
export const freshDatabase = (): Promise<string> => ask("empty");

/** The URL of a new database with the tables of the store and the queue, and without a row. */
export const migratedDatabase = (): Promise<string> => ask("migrated");

/** Path of a SQLite database with the tables of the store, and without a row. It is to be copied. */
export const migratedFile = (): Promise<string> => ask("file");

async function ask(kind: "empty" | "migrated" | "file"): Promise<string> {
  const response = await fetch(`${inject("postgres")}/${kind}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}
