/** How many files this process may have open, as the system says it. */
import { readFileSync } from "node:fs";
import { openFilesIn } from "./defaults.ts";

/** The limit of this process; null where there is none, or where the system does not say. */
export function descriptorLimit(): number | null {
  try {
    return openFilesIn(readFileSync("/proc/self/limits", "utf8"));
  } catch {
    return null;
  }
}
