/**
 * Which addresses a webhook may go to. The server is inside a network that those who submit jobs may have no access to: they
 * must not reach addresses through it that are not public.
 */
import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/** A forbidden address. The message appears in the log of deliveries. */
export class ForbiddenAddress extends Error {
  override readonly name = "ForbiddenAddress";

  constructor(address: string) {
    super(
      `${address} is a private, local or reserved address: webhooks go to public addresses only (TRAINYARD_WEBHOOK_ALLOW_PRIVATE)`,
    );
  }
}

/** The only public addresses of IPv6 (IANA's registry of global unicast addresses). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Whether an address, as text, is public. An IPv4 address inside an IPv6 address counts as the IPv4 address. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== "unicast") return false;
  return parsed.kind() === "ipv4" || (parsed as ipaddr.IPv6).match(GLOBAL_IPV6);
}

type Resolve = typeof systemLookup;

/**
 * A `lookup` for a socket that returns public addresses only. The socket connects to the address that was checked, so that a
 * name cannot resolve to another a moment later.
 */
export function publicLookup(resolve: Resolve = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "", 0);
      const allowed = addresses.filter(({ address }) => isPublicAddress(address));
      const [first] = allowed;
      // What a name of the inside resolves to is not for whoever wrote the webhook, who reads this.
      if (!first) return callback(new ForbiddenAddress(hostname), "", 0);
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
