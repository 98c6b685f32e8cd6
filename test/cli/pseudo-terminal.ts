/** The command line in a pseudo-terminal: what a person sees, and what they type. There is none where node-pty has no binary. */
import { mustEnd } from "../leftovers.ts";
import { BINARY, cleanEnvironment } from "./binary.ts";

const pty = await import("@lydell/node-pty").catch(() => null);

/** Whether this machine has pseudo-terminals for us. */
export const hasTerminals = pty !== null;

export interface TerminalRun {
  /** Everything written so far, escapes included. */
  readonly text: () => string;
  /** Waits until something was written; throws when the process ends before that. */
  until(pattern: RegExp): Promise<void>;
  type(keys: string): void;
  readonly ended: Promise<number>;
}

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly columns?: number;
}

/** Starts `trainyard` in a terminal of its own. */
export function startInTerminal(args: readonly string[], { env = {}, cwd, columns = 120 }: TerminalOptions = {}): TerminalRun {
  if (!pty) throw new Error("there are no pseudo-terminals here");
  const child = pty.spawn(process.execPath, [BINARY, ...args], {
    name: "xterm-256color",
    cols: columns,
    rows: 30,
    cwd: cwd ?? process.cwd(),
    env: cleanEnvironment(env) as Record<string, string>,
  });
  let text = "";
  let code: number | null = null;
  let changed = Promise.withResolvers<void>();
  const notify = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  child.onData((data) => {
    text += data;
    notify();
  });
  const ended = new Promise<number>((resolve) => {
    child.onExit(({ exitCode }) => {
      code = exitCode;
      isOver();
      notify();
      resolve(exitCode);
    });
  });
  const isOver = mustEnd(`trainyard ${args.join(" ")}`, () => {
    child.kill("SIGTERM");
    return ended;
  });
  return {
    text: () => text,
    async until(pattern) {
      while (!pattern.test(text)) {
        if (code !== null) throw new Error(`it ended with ${code} before ${pattern}:\n${text}`);
        await changed.promise;
      }
    },
    type: (keys) => child.write(keys),
    ended,
  };
}
