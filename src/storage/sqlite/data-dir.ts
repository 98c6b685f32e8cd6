/** Creates the data directory, which holds the database, uploads and the reserve. */
import { constants } from "node:fs";
import { access, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { TrainyardError } from "../../domain/errors.ts";

/** Creates the folder and its parents. Throws "unavailable" with a one-line message when it cannot be written. */
export async function makeDataDir(folder: string): Promise<void> {
  try {
    // Folder by folder: where no folder can be created, as under /proc, Node's own recursive mkdir never returns.
    for (const missing of await missingFolders(folder)) await mkdir(missing).catch(ignoreExisting);
    if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TrainyardError(
      "unavailable",
      `the data directory ${folder} cannot be written (${code}): set TRAINYARD_DATA_DIR to a writable folder`,
    );
  }
}

/** Returns the folders that do not exist yet, outermost first. */
async function missingFolders(folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = folder; !(await exists(at)); at = dirname(at)) missing.unshift(at);
  return missing;
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return false;
  }
}

/** Ignores EEXIST: another process may have created the folder meanwhile. */
function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
