/** What a source may reach, and for how long. */
import type { LookupFunction } from "node:net";

/** What a kind of source needs to know of the connection that it may open. */
export interface Reach {
  /** Whether the operator has named this host: it may be private, and be contacted without TLS. */
  isNamed(hostname: string): boolean;
  /** The lookup for a socket to this host; undefined for that of the system. Throws ForbiddenAddress. */
  lookupOf(hostname: string): LookupFunction | undefined;
  readonly silenceMs: number;
  readonly maxBytes: number;
  readonly etag: string | null;
  /** Aborts when the time is over, or the caller gives up. */
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}
