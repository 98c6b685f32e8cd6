/** Retries of a request that the server has put off: an answer 429 or 503 that says when to come back. */

/** How often a request is tried, and who is told of a wait. */
export interface TriesOptions {
  /**
   * Maximum number of times that a request is sent, from 1; 4 when left out. It is sent again after 429 or 503 with a `Retry-After` of at
   * most a minute, if repeating it does no harm (GET, HEAD, PUT, DELETE, or with an `Idempotency-Key`) and its body is not a stream.
   */
  readonly tries?: number;
  /** Called before each wait. */
  readonly onWait?: (wait: Wait) => void;
}

/** A wait before a request is sent again. */
export interface Wait {
  /** The status that it was answered with. */
  readonly status: number;
  /** As long as the server asks for. */
  readonly seconds: number;
}

const TRIES = 4;
/** A longer wait is left to the caller. */
const MAX_WAIT_S = 60;
const PUT_OFF: ReadonlySet<number> = new Set([429, 503]);
/** RFC 9110, 9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]);

/**
 * Returns a `fetch` that retries. Rejects as `send` does, and with the signal's reason when it aborts during a wait. Throws a RangeError
 * for wrong `tries`.
 */
export function fetchWithTries(send: typeof fetch, { tries = TRIES, onWait }: TriesOptions): typeof fetch {
  if (!Number.isInteger(tries) || tries < 1) throw new RangeError("tries must be a whole number of at least 1");
  return async (input, init) => {
    for (let left = isRepeatable(init) ? tries - 1 : 0; ; left--) {
      const response = await send(input, init);
      const seconds = left > 0 && PUT_OFF.has(response.status) ? waitOf(response) : null;
      if (seconds === null) return response;
      await response.body?.cancel();
      onWait?.({ status: response.status, seconds });
      await sleep(seconds * 1000, init?.signal);
    }
  };
}

function isRepeatable({ method = "GET", headers, body }: RequestInit = {}): boolean {
  if (body instanceof ReadableStream) return false;
  return IDEMPOTENT.has(method) || new Headers(headers).has("idempotency-key");
}

function waitOf({ headers }: Response): number | null {
  const text = headers.get("retry-after");
  return text !== null && /^\d+$/.test(text) && Number(text) <= MAX_WAIT_S ? Number(text) : null;
}

function sleep(ms: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
