/** An empty database of the run's PostgreSQL. */
import { inject } from "vitest";

/** The URL of a new empty database of the run's PostgreSQL. */
export async function freshDatabase(): Promise<string> {
  const response = await fetch(inject("postgres"));
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text;
}
