/**
 * Serving below a path, `https://example.com/trainyard/`, behind a proxy: requests with the path are read as without it, and the server's
 * own addresses (Location, the page's files, the servers of the OpenAPI document) begin with it.
 */
import type { FastifyRequest } from "fastify";

/** A path of plain segments without a trailing slash, or nothing: it is put into documents, so no other characters are allowed. */
const BASE_PATH = /^(\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$/;
/** First segments of the server's own addresses: below such a path, one address would mean two things. */
const OWN: ReadonlySet<string> = new Set([
  ...["assets", "docs", "healthz", "metrics", "readyz", "v1", "v2"],
  ...["compare", "datasets", "jobs", "models", "new", "playground", "start", "sweeps", "system"],
]);

/** Whether the server can be shown below a path. */
export const isBasePath = (path: string): boolean => BASE_PATH.test(path) && !OWN.has(path.split("/")[1] ?? "");

/** The header in which proxies that remove the path (Traefik's StripPrefix) send it. */
const HEADER = "x-forwarded-prefix";
const MAX_CHARACTERS = 200;

export interface BasePath {
  /** The address of a request without the path. For Fastify's `rewriteUrl`. */
  withoutIt(url: string): string;
  /** The path of a request: the configured one, else the proxy's if it is a plain one, else "". */
  of(request: Pick<FastifyRequest, "headers">): string;
}

/** Returns the functions for requests below `configured`, "" at the root. */
export function createBasePath(configured: string): BasePath {
  return {
    withoutIt(url) {
      if (configured === "" || !url.startsWith(configured)) return url;
      const rest = url.slice(configured.length);
      if (rest === "" || rest.startsWith("?")) return `/${rest}`;
      return rest.startsWith("/") ? rest : url;
    },
    of({ headers }) {
      if (configured !== "") return configured;
      const given = headers[HEADER];
      if (typeof given !== "string" || given.length > MAX_CHARACTERS) return "";
      const path = given.replace(/\/$/, "");
      return isBasePath(path) ? path : "";
    },
  };
}
