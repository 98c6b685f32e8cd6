/** How many files this process may have open, according to the system. */
import { readFileSync } from "node:fs";
import { openFilesIn } from "./defaults.ts";

/** The limit of this process; null if there is none, or if the system does not report it. */
export function descriptorLimit(): number | null {
  try {
    return openFilesIn(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return null;
  }
}
