/**
 * Which addresses a webhook may go to. The server stands inside a network, and whoever submits jobs may not: an address that
 * is not of the public internet is nothing that they may reach through it.
 */
import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/** An address that is not to be connected to. The message is for whoever reads the delivery's log. */
export class ForbiddenAddress extends Error {
  override readonly name = "ForbiddenAddress";

  constructor(address: string) {
    super(
      `${address} is a private, local or reserved address, and webhooks go to public ones only (TRAINYARD_WEBHOOK_ALLOW_PRIVATE)`,
    );
  }
}

/** Of IPv6 nothing else is given to the public internet (IANA's registry of global unicast addresses). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Whether an address, as text, is one of the public internet. An IPv4 address inside an IPv6 one is judged as what it is. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== "unicast") return false;
  return parsed.kind() === "ipv4" || (parsed as ipaddr.IPv6).match(GLOBAL_IPV6);
}

type Resolve = typeof systemLookup;

/**
 * A `lookup` for a socket that gives it public addresses only: what was checked is what is connected to, so that a name
 * cannot mean another address a moment later.
 */
export function publicLookup(resolve: Resolve = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "", 0);
      const allowed = addresses.filter(({ address }) => isPublicAddress(address));
      const [first] = allowed;
      if (!first) return callback(new ForbiddenAddress(`${hostname} (${addresses[0]?.address})`), "", 0);
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
