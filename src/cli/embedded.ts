/** A server for one command, started if none answers at the usual address and no other address was given. */
import { type Client, UnreachableError } from "../client/index.ts";
import { DEFAULTS } from "../server/defaults.ts";
import type { Context } from "./context.ts";
import { startServerProcess } from "./server-process.ts";

export interface Reached {
  readonly client: Client;
  /** Whether the server was started for this command. */
  readonly isEmbedded: boolean;
}

/** Calls `use` with a client of the server. If none answers, one is started for the call and stopped after it. */
export async function withServer<T>(context: Context, use: (reached: Reached) => Promise<T>): Promise<T> {
  if (context.isUrlGiven || (await answers(context.client()))) return use({ client: context.client(), isEmbedded: false });
  context.err.print(context.err.paint.dim(`No server answers at ${context.url}; starting one for this command.`));
  const server = await startServerProcess({ ...context.environment, TRAINYARD_PORT: "0" });
  try {
    return await use({ client: context.client(server.url), isEmbedded: true });
  } finally {
    await server.stop();
  }
}

async function answers(client: Client): Promise<boolean> {
  try {
    await client.ready();
    return true;
  } catch (error) {
    // A server that answers with an error is there; the next request reports what is wrong.
    return !(error instanceof UnreachableError);
  }
}

/** Returns the data directory of an embedded server. */
export function dataDirectoryOf({ environment }: Context): string {
  return environment.TRAINYARD_DATA_DIR || DEFAULTS.dataDir;
}
