import type { LookupAddress } from "node:dns";
import { describe, expect, it } from "vitest";
import { isPublicAddress, publicLookup } from "../../src/outbound/addresses.ts";

describe("a public address", () => {
  it.each(["93.184.215.14", "8.8.8.8", "2606:4700::6810:85e5", "::ffff:8.8.8.8"])("%s is one", (address) => {
    expect(isPublicAddress(address)).toBe(true);
  });

  it.each([
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:db8::1",
    "2001::7f00:1",
    "100::1",
    "localhost",
    "",
  ])("%s is none", (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});

describe("looking up a name for a webhook", () => {
  const look = (addresses: readonly LookupAddress[], all: boolean) =>
    new Promise((resolve) => {
      const resolver = (_name: string, _options: object, callback: (error: null, found: readonly LookupAddress[]) => void) =>
        callback(null, addresses);
      publicLookup(resolver as never)("hooks.example.com", { all }, (error, found) => resolve(error ? error.message : found));
    });
  const open = { address: "93.184.215.14", family: 4 };
  const shut = { address: "10.0.0.1", family: 4 };

  it("gives public addresses alone, in the form that was asked for", async () => {
    expect(await look([shut, open], true)).toEqual([open]);
    expect(await look([shut, open], false)).toBe(open.address);
  });

  it("fails when there are no others, and does not tell what it found", async () => {
    expect(await look([shut], true)).toMatch(/^hooks\.example\.com is a private, local or reserved address(?!.*10\.)/);
  });
});
