/** The folder that holds the database, uploads and the reserve. */
import { constants } from "node:fs";
import { access, mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { TrainyardError } from "../../domain/errors.ts";

/** Makes the folder and those above it. Throws "unavailable", one line for the superuser, when it cannot be written. */
export async function makeDataDir(folder: string): Promise<void> {
  try {
    // Folder by folder: where nothing can be made, as under /proc, Node's own recursion never ends.
    for (const missing of await missingFolders(folder)) await mkdir(missing).catch(unlessThere);
    if (!(await stat(folder)).isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TrainyardError(
      "unavailable",
      `the data directory ${folder} cannot be written (${code}): set TRAINYARD_DATA_DIR to a folder that can be`,
    );
  }
}

/** What has to be made, outermost first. */
async function missingFolders(folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = folder; !(await isThere(at)); at = dirname(at)) missing.unshift(at);
  return missing;
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return false;
  }
}

/** Somebody else may have made it meanwhile. */
function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== "EEXIST") throw error;
}
