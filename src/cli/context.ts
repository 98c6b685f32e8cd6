/** What every command is given: where the server is, the terminals, and the options that all commands share. */
import type { Command } from "commander";
import { type Client, createClient } from "../client/client.ts";
import { DEFAULTS } from "../server/defaults.ts";
import { usageError } from "./exit.ts";
import type { Environment } from "./server-process.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

export interface Context {
  readonly environment: Environment;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** Over `output`: what was asked for. */
  readonly out: Terminal;
  /** Over stderr: what is said beside it. */
  readonly err: Terminal;
  /** Whether what is printed is JSON. */
  readonly json: boolean;
  /** The server's address. */
  readonly url: string;
  /** Whether somebody named that address, by option or environment. */
  readonly isUrlGiven: boolean;
  /** A client of the server, or of another one, with the key of the environment. */
  client(url?: string): Client;
  /** Prints a document as JSON when that is wanted, else the lines. */
  show(document: unknown, lines: () => readonly string[]): void;
}

/** Adds one command to the program. */
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

/** The context of the program's process; options are read when a command runs. */
export function createContext(program: Command, { stdin, stdout, stderr, env }: NodeJS.Process): Context {
  const out = createTerminal(stdout, env);
  const shared = () => program.opts<SharedOptions>();
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
      return createClient(url, env.TRAINYARD_KEY ? { key: env.TRAINYARD_KEY } : {});
    },
    show(document, lines) {
      for (const line of context.json ? [JSON.stringify(document, null, 2)] : lines()) out.print(line);
    },
  };
  return context;
}

function assertAddress(url: string): void {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return;
  throw usageError(`${url} is not the address of a server: it must be like http://${DEFAULTS.host}:${DEFAULTS.port}`);
}

/** Examples below a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`;
}
