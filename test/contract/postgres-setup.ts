/**
 * One PostgreSQL for a whole test run, started when the first test asks for it. Tests run in processes of their own, so they
 * ask over a socket, and get the URL of a new empty database.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestProject } from "vitest/node";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Where to ask for a database. */
    postgres: string;
  }
}

/** A test's data need not survive the machine. */
const SETTINGS = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300"];

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<PostgresServer> | null = null;
  let count = 0;
  const control = createServer((_request, response) => {
    starting ??= startPostgres({ settings: SETTINGS });
    starting
      .then((server) => server.createDatabase(`test_${process.pid}_${count++}`))
      .then(
        (url) => response.end(url),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
  }).listen(0, "127.0.0.1");
  await once(control, "listening");
  project.provide("postgres", `http://127.0.0.1:${(control.address() as AddressInfo).port}`);
  return async () => {
    control.closeAllConnections();
    control.close();
    await (await starting)?.remove();
  };
}
