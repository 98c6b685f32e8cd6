/**
 * Programs of others that tests run, but the repository does not depend on: each folder of packages is pinned by a package-lock.json below
 * test/fixtures, and installed into a temporary folder of its own.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { cp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const FIXTURES = join(import.meta.dirname, "../../fixtures");
/** Time to install a hundred packages over a slow line, in milliseconds. */
export const INSTALL_MS = 300_000;
const UNREACHABLE = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ERR_SOCKET_TIMEOUT/;

/**
 * Installs the packages that are pinned in a folder of test/fixtures, and returns the folder with their node_modules; null if no registry can
 * be reached. What an earlier run installed from the same lock file is used again.
 */
export async function installPinned(name: string): Promise<string | null> {
  const pinned = join(FIXTURES, name);
  const lock = readFileSync(join(pinned, "package-lock.json"));
  const installed = join(tmpdir(), `trainyard-${name}-${createHash("sha256").update(lock).digest("hex").slice(0, 16)}`);
  if (existsSync(join(installed, "node_modules"))) return installed;
  const making = `${installed}-${process.pid}`;
  await cp(pinned, making, { recursive: true });
  try {
    const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-timeout=30000"];
    await promisify(execFile)("npm", ["ci", ...options], { cwd: making, timeout: INSTALL_MS });
    // Another run may have been first.
    await rename(making, installed).catch(() => undefined);
    return installed;
  } catch (error) {
    if (UNREACHABLE.test(String((error as { stderr?: string }).stderr))) return null;
    throw error;
  } finally {
    await rm(making, { recursive: true, force: true });
  }
}
