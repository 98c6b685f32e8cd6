/** Fetches tables from sources: one entry for each kind, under one rule of addresses and one time limit. */
import type { LookupFunction } from "node:net";
import type { Source } from "../../domain/sources/source.ts";
import { type Fetched, type FetchOptions, SourceError, type SourceFetcher } from "../../domain/sources/source-fetcher.ts";
import { assertPublic, publicLookup } from "../addresses.ts";
import { fetchOverHttp } from "./http-source.ts";
import { queryPostgres } from "./postgres-source.ts";
import type { Reach } from "./reach.ts";
import { requestOfS3 } from "./s3-request.ts";

export interface SourceFetcherOptions {
  /** Hosts, as URLs write them, that may have private addresses and be contacted without TLS. `*` is every host. */
  readonly privateHosts: readonly string[];
  /** Time limit for fetching a whole table. */
  readonly timeoutMs: number;
  /** How long a source may be silent. */
  readonly silenceMs?: number;
  /** Maximum bytes of a table. */
  readonly maxBytes: number;
  /** Resolves names; the resolver of the system when left out. */
  readonly lookup?: Parameters<typeof publicLookup>[0];
}

const DEFAULT_SILENCE_MS = 30_000;

/** Creates the fetcher. */
export function createSourceFetcher(options: SourceFetcherOptions): SourceFetcher {
  const { privateHosts, timeoutMs, silenceMs = DEFAULT_SILENCE_MS, maxBytes, lookup } = options;
  const named = new Set(privateHosts.map((host) => host.toLowerCase()));
  const guard = publicLookup(lookup, "sources");
  const isNamed = (hostname: string) => named.has("*") || named.has(hostname.toLowerCase());
  return {
    fetch(source, { etag = null, signal }: FetchOptions) {
      return open(source, {
        isNamed,
        lookupOf(hostname) {
          if (isNamed(hostname)) return lookup as LookupFunction | undefined;
          assertPublic(hostname, "sources");
          return guard;
        },
        ...{ silenceMs, maxBytes, etag, timeoutMs },
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
    },
  };
}

async function open(source: Source, reach: Reach): Promise<Fetched> {
  const { url, headers = {}, s3, postgres } = source;
  if (url !== undefined) return fetchOverHttp({ url: new URL(url), headers, pointer: "/source/url", mayRedirect: true }, reach);
  // Signed again for each request: a signature is for one host, and a redirect would have another.
  if (s3) return fetchOverHttp({ ...requestOfS3(s3, new Date()), pointer: "/source/s3", mayRedirect: false }, reach);
  if (postgres) return queryPostgres(postgres, reach);
  throw new SourceError("/source", "must have one of url, s3 and postgres");
}
