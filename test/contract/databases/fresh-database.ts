/** New databases in the PostgreSQL of the test run, and the SQLite database that tests copy. */
import { inject } from "vitest";

/** The URL of a new empty database. */
export const freshDatabase = (): Promise<string> => ask("empty");

/** The URL of a new database with the tables of the store and the queue, but no rows. */
export const migratedDatabase = (): Promise<string> => ask("migrated");

/** Path of a SQLite database with the tables of the store, but no rows. Copy it before use. */
export const migratedFile = (): Promise<string> => ask("file");

async function ask(kind: "empty" | "migrated" | "file"): Promise<string> {
  const response = await fetch(`${inject("postgres")}/${kind}`);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}
