/** Finds the route path that a mistyped path was probably meant to be. */
import { nearest } from "../../domain/spelling.ts";

/** Maximum length of a path that is compared. */
const MAX_LENGTH = 300;
const PREFIX = "/v1";

const segmentsOf = (path: string) => path.replace(/\/+$/, "").split("/").slice(1);

/** A path like `path` that a route has: with a corrected segment, with `/v1` before it, or without a trailing slash. Null if none is near. */
export function nearPath(path: string, routes: Iterable<string>): string | null {
  if (path.length > MAX_LENGTH) return null;
  let best: { readonly path: string; readonly changes: number } | null = null;
  for (const route of routes) {
    if (!route.startsWith(PREFIX) || /[*(]/.test(route)) continue;
    for (const given of [path, PREFIX + path]) {
      const found = repaired(segmentsOf(given), segmentsOf(route));
      if (found && (best === null || found.changes < best.changes)) best = found;
    }
  }
  return best?.path ?? null;
}

/** The segments as in a route, and how many were changed; null if one is too far from the route's. */
function repaired(given: readonly string[], route: readonly string[]): { path: string; changes: number } | null {
  if (given.length !== route.length) return null;
  let changes = 0;
  const segments: string[] = [];
  for (const [index, wanted] of route.entries()) {
    const own = given[index] as string;
    const isParameter = wanted.startsWith(":");
    if (isParameter ? own === "" : own !== wanted && nearest(own, [wanted]) === null) return null;
    if (!isParameter && own !== wanted) changes++;
    segments.push(isParameter ? own : wanted);
  }
  return { path: `/${segments.join("/")}`, changes };
}
