/** What every command gets: the server's address and a client, the terminals, and the options that all commands share. */
import type { Command } from "commander";
import { type Client, createClient } from "../client/client.ts";
import type { Wait } from "../client/transport/tries.ts";
import { DEFAULTS } from "../server/defaults.ts";
import { usageError } from "./exit.ts";
import type { Environment } from "./server-process.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

export interface Context {
  readonly environment: Environment;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** Over `output`: results. */
  readonly out: Terminal;
  /** Over stderr: notes and errors. */
  readonly err: Terminal;
  /** Whether to print JSON. */
  readonly json: boolean;
  /** The server's address. */
  readonly url: string;
  /** Whether the address was given, by option or environment. */
  readonly isUrlGiven: boolean;
  /** Creates a client of the server at `url`, the usual one when left out, with the environment's key. Throws a usage error. */
  client(url?: string): Client;
  /** Prints a document as JSON with `--json`, else the lines. */
  show(document: unknown, lines: () => readonly string[]): void;
}

/** Registers one command in the program. */
export type Register = (program: Command, context: Context) => void;

interface SharedOptions {
  readonly url?: string;
  readonly json?: boolean;
}

/** Declares the options that every command takes. */
export function addSharedOptions(program: Command): void {
  program
    .option(
      "--url <address>",
      `the server's address (default: $TRAINYARD_URL, else this machine, port $TRAINYARD_PORT or ${DEFAULTS.port})`,
    )
    .option("--json", "print JSON, as the API answers it");
}

/** Creates the context of a process; options are read when a command runs. */
export function createContext(program: Command, { stdin, stdout, stderr, env }: NodeJS.Process): Context {
  const out = createTerminal(stdout, env);
  const shared = () => program.opts<SharedOptions>();
  let isTold = false;
  const tellOnce = ({ status, seconds }: Wait) => {
    if (!isTold) context.err.print(`The server asked to wait (${status}); trying again in ${seconds} s.`);
    isTold = true;
  };
  const context: Context = {
    environment: env,
    input: stdin,
    output: stdout,
    out,
    err: createTerminal(stderr, env),
    get json() {
      return shared().json ?? false;
    },
    get url() {
      return shared().url || env.TRAINYARD_URL || `http://${DEFAULTS.host}:${env.TRAINYARD_PORT || DEFAULTS.port}`;
    },
    get isUrlGiven() {
      return Boolean(shared().url || env.TRAINYARD_URL);
    },
    client(url = context.url) {
      assertAddress(url);
      return createClient(url, { ...(env.TRAINYARD_KEY && { key: env.TRAINYARD_KEY }), onWait: tellOnce });
    },
    show(document, lines) {
      for (const line of context.json ? [JSON.stringify(document, null, 2)] : lines()) out.print(line);
    },
  };
  return context;
}

function assertAddress(url: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return;
  throw usageError(`${url} is not a server's address; use one like http://${DEFAULTS.host}:${DEFAULTS.port}`);
}

/** Returns the examples below a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}
