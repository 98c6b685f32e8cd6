/** README.md and docs/*.md as a program reads them: their blocks of code in order, and a shell that runs them one after the other. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mustExit } from "../../leftovers.ts";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

export interface Document {
  /** Path in the repository. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

export interface Block {
  /** Path of its document; with `line`, for the names of tests. */
  readonly path: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** The key that one of its commands makes closes the server: a document that shows none comes before it. */
const LAST = "docs/operations.md";

/** The README, then docs/*.md by name, operations last. */
export function readDocuments(): Document[] {
  const names = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  const paths = names
    .map((name) => `docs/${name}`)
    .toSorted((a, b) => Number(a === LAST) - Number(b === LAST) || (a < b ? -1 : 1));
  return ["README.md", ...paths].map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    return { path, text, blocks: blocksOf(path, text) };
  });
}

/** The fenced blocks that say what they are written in. */
function blocksOf(path: string, markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(({ 1: language = "", 2: text = "", index }) => {
    return { path, language, text, line: markdown.slice(0, index).split("\n").length + 1 };
  });
}

const shortNpx = (clone: string) =>
  `npx() { if [ "$1" = trainyard ]; then shift; node "${clone}/bin/trainyard.js" "$@"; else command npx "$@"; fi; }\n`;

export interface Shell {
  /** Runs commands, with the variables of those before; throws, with what they said, when one of them fails. */
  run(commands: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * A bash in a folder. curl fails where the server refuses, which the reader of a document would see. With `isShort`, `npx trainyard`
 * is what npx comes to after a second of its own.
 */
export function openShell(cwd: string, environment: NodeJS.ProcessEnv, isShort: boolean): Shell {
  const shell: ChildProcess = mustExit(spawn("bash", ["--noprofile", "--norc"], { cwd, env: environment, stdio: "pipe" }));
  const ended = once(shell, "exit");
  let output = "";
  let heard = Promise.withResolvers<void>();
  const hear = (text: string) => {
    output += text;
    heard.resolve();
    heard = Promise.withResolvers();
  };
  for (const stream of [shell.stdout, shell.stderr]) stream?.setEncoding("utf8").on("data", hear);
  shell.once("exit", () => hear("\n"));
  shell.stdin?.write('set -eo pipefail\ncurl() { command curl --fail-with-body "$@"; }\n');
  if (isShort) shell.stdin?.write(shortNpx(cwd));
  let count = 0;
  return {
    async run(commands) {
      const file = join(cwd, `block-${shell.pid}-${++count}.sh`);
      const mark = `<<block ${count} ended>>`;
      writeFileSync(file, commands);
      output = "";
      shell.stdin?.write(`source ${file} < /dev/null\necho '${mark}'\n`);
      while (!output.includes(mark)) {
        if (shell.exitCode !== null) throw new Error(`it failed:\n${commands}\n${output}`);
        await heard.promise;
      }
      return output.replace(mark, "").trimEnd();
    },
    async close() {
      shell.stdin?.end();
      await ended;
    },
  };
}
