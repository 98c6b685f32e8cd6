#!/usr/bin/env node
/**
 * The entry of the command line, in JavaScript that any Node since 14 runs. It picks the Node that runs the rest (this one, or the
 * one that npm installed beside the package) and the sources: TypeScript in a clone, JavaScript where the package is installed.
 * Everything else is in src/cli.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { isNewEnough, OLDEST_NODE } from "./node-floor.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);
// Node strips types everywhere but in node_modules: an installed package runs what was built of the sources.
const isInstalled = root.split(sep).includes("node_modules");
const main = join(root, isInstalled ? "build/package/src/cli/main.js" : "src/cli/main.ts");

if (isNewEnough(process.versions.node)) await import(new URL(`file://${encodeURI(main.split(sep).join("/"))}`).href);
else runWith(bundledNode());

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
