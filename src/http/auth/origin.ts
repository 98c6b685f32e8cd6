/**
 * The origin of a request, by its headers: whether a browser sends it for the page of another site, and whether it was addressed to this
 * machine. This keeps pages of strangers from using a server that the browser can reach.
 */
import { isIPv4 } from "node:net";
import type { FastifyRequest } from "fastify";

/** Addresses and names that only this machine itself can reach. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return name === "localhost" || name === "::1" || (isIPv4(name) && name.startsWith("127."));
}

/** Whether the page of another, not allowed origin sent it. A request without an Origin comes from no page. */
export function isForeign({ headers }: Pick<FastifyRequest, "headers">, allowed?: ReadonlySet<string>): boolean {
  const { origin, host } = headers;
  if (origin === undefined || allowed?.has(origin)) return false;
  if (!URL.canParse(origin)) return true;
  const page = new URL(origin);
  // URL drops the same default port from both.
  const own = `${page.protocol}//${host}`;
  return !URL.canParse(own) || new URL(own).host !== page.host;
}

/** The Host of the request, without the port. The name counts, not the address: another name may resolve to us. */
export function isForThisMachine({ headers }: Pick<FastifyRequest, "headers">): boolean {
  const { host = "" } = headers;
  return isLoopback(host.replace(/:\d+$/, ""));
}
