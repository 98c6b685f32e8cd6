/**
 * Where a request comes from, as its headers say: whether a browser sends it on behalf of another site's page, and whether
 * it was meant for this machine. It is what keeps a stranger's page from using what a browser can reach.
 */
import { isIPv4 } from "node:net";
import type { FastifyRequest } from "fastify";

/** Addresses and names that only this machine itself can reach. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return name === "localhost" || name === "::1" || (isIPv4(name) && name.startsWith("127."));
}

/** Whether the page that sent it is another site's, and none of those that are allowed. What is not sent by a page has no Origin. */
export function isForeign({ headers }: Pick<FastifyRequest, "headers">, allowed?: ReadonlySet<string>): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowed?.has(origin)) return false;
  if (!URL.canParse(origin)) return true;
  const page = new URL(origin);
  // The same default port goes from both.
  const own = `${page.protocol}//${host}`;
  return !URL.canParse(own) || new URL(own).host !== page.host;
}

/** The Host that it was sent to, without the port: what a name that a stranger chose resolves to does not count. */
export function isForThisMachine({ headers }: Pick<FastifyRequest, "headers">): boolean {
  const { host = "" } = headers;
  return isLoopback(host.replace(/:\d+$/, ""));
}
