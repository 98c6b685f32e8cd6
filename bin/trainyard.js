#!/usr/bin/env node
/**
 * The entry of the command line, in JavaScript that any Node since 14 runs. It picks the Node that runs the rest (this one, or the
 * one that npm installed beside the package), which is src/cli: what was built of it, or its sources in a clone where they are newer.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isNewEnough, OLDEST_NODE } from "./node-floor.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
const sources = join(root, "src/cli/main.ts");
const built = join(root, "build/server");
const main = existsSync(sources) && !isFresh() ? sources : join(built, "cli.js");

if (isNewEnough(process.versions.node)) await import(new URL(`file://${encodeURI(main.split(sep).join("/"))}`).href);
else runWith(bundledNode());

/**
 * Whether no source has changed since what was built, which loads in a quarter of the time. By the time of the last change, which unlike
 * that of the content (mtime) is never an earlier one: what is copied or moved into a clone may keep that of its content.
 */
function isFresh() {
  try {
    const stamp = join(built, "sources.json");
    const { inputs } = JSON.parse(readFileSync(stamp, "utf8"));
    const builtAt = statSync(stamp).mtimeMs;
    return existsSync(join(built, "cli.js")) && inputs.every((path) => statSync(join(root, path)).ctimeMs <= builtAt);
  } catch {
    return false;
  }
}

/** The Node that came with the package, or null. */
function bundledNode() {
  const system = process.platform === "win32" ? "win" : process.platform;
  try {
    const manifest = require.resolve(`node-${system}-${process.arch}/package.json`);
    const path = join(manifest, "..", "bin", process.platform === "win32" ? "node.exe" : "node");
    return existsSync(path) ? path : null;
  } catch {
    return null;
  }
}

/** Runs the command line there, as if it were this process. */
function runWith(node) {
  if (node === null) {
    process.stderr.write(`trainyard: needs Node ${OLDEST_NODE} or newer, and this is ${process.versions.node}\n`);
    process.exit(1);
  }
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  // A terminal sends its signals to both processes. Any other signal is passed on, and the child says how it ends.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => child.kill("SIGTERM"));
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
