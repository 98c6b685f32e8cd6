/**
 * Which Node is too old. package.json says it (devEngines); the command line, the server and `doctor` ask here, as `#node-floor`.
 * JavaScript that any Node since 14 runs, for it is what tells an older one.
 */
import { createRequire } from "node:module";

const { devEngines } = createRequire(import.meta.url)("../package.json");

/** The oldest major version of Node that runs Trainyard: it is the first that parses `await using`. */
export const OLDEST_NODE = majorOf(devEngines.runtime.version.replace(/^>=/, ""));

/**
 * @param {string} version as `process.versions.node` has it: "24.21.0"
 * @returns {boolean}
 */
export function isNewEnough(version) {
  return majorOf(version) >= OLDEST_NODE;
}

/** @param {string} version */
function majorOf(version) {
  return Number(version.split(".")[0]);
}
