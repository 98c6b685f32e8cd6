/**
 * Which addresses the server may contact, for a webhook or to fetch data. It may be inside a network to which its users have no access, so
 * they must not reach non-public addresses through it.
 */
import { lookup as systemLookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";

/** The kind of request, and the setting that allows other addresses: the end of a refusal. */
export const RULES = {
  webhooks: "webhooks go to public addresses only (TRAINYARD_WEBHOOK_ALLOW_PRIVATE)",
  sources:
    "data is fetched from public addresses only, and from those that the operator names (TRAINYARD_SOURCE_PRIVATE_HOSTS)",
} as const;

/** A forbidden address. The user sees the message, in the log of deliveries or as the error of a source. */
export class ForbiddenAddress extends Error {
  override readonly name = "ForbiddenAddress";

  constructor(address: string, rule: keyof typeof RULES = "webhooks") {
    super(`${address} is a private, local or reserved address: ${RULES[rule]}`);
  }
}

/** The only public addresses of IPv6 (IANA's registry of global unicast addresses). */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Whether an address, as text, is public. An IPv4 address inside an IPv6 address counts as the IPv4 address. @internal */
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
export function publicLookup(resolve: Resolve = systemLookup, rule: keyof typeof RULES = "webhooks"): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "", 0);
      const allowed = addresses.filter(({ address }) => isPublicAddress(address));
      const [first] = allowed;
      // The author of the webhook, who reads this, must not learn what an internal name resolves to.
      if (!first) return callback(new ForbiddenAddress(hostname, rule), "", 0);
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

/** Throws ForbiddenAddress for a host that is an address and not public: a socket calls no lookup for one. `[::1]` is `::1`. */
export function assertPublic(hostname: string, rule: keyof typeof RULES = "webhooks"): void {
  const host = hostname.replace(/^\[|\]$/g, "");
  if (isIP(host) !== 0 && !isPublicAddress(host)) throw new ForbiddenAddress(host, rule);
}
