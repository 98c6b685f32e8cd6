/** The command line as a process, as a shell starts it: piped, to its end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { mustExit } from "../leftovers.ts";

export const BINARY = fileURLToPath(new URL("../../bin/trainyard.js", import.meta.url));

export interface Run {
  readonly code: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
  /** The Node that starts it. */
  readonly node?: string;
}

/** What a command sees of this process's environment: nothing of Trainyard. */
export function cleanEnvironment(settings: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith("TRAINYARD_") && name !== "FORCE_COLOR");
  return { ...Object.fromEntries(kept), ...settings };
}

/** Runs `trainyard` with arguments. */
export async function run(
  args: readonly string[],
  { env, input, cwd, node = process.execPath }: RunOptions = {},
): Promise<Run> {
  // It may have a server of its own, which ends with it when it is asked to end.
  const child = mustExit(spawn(node, [BINARY, ...args], { env: cleanEnvironment(env), cwd, stdio: "pipe" }), "SIGTERM");
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output.stderr += text;
  });
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  const [code, signal] = await once(child, "close");
  return { code: (code ?? signal) as Run["code"], ...output };
}
