/** The errors of the client: a request that was answered with a problem, and one that was not answered. */

/** A problem document as the server sends it (RFC 9457). */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  /** The HTTP status, 400..599. */
  readonly status: number;
  /** What is wrong with this request, in a sentence. */
  readonly detail: string;
  readonly instance?: string | undefined;
  /** One of the API's error codes; `unknown` where the answer came from something else than the server. */
  readonly code: string;
  /** Each field that is wrong, by JSON pointer (RFC 6901) into the body. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[] | undefined;
  /** What helps: a code for programs, the resource that is meant, and the end of `detail` that says it with a route. */
  readonly cure?: { readonly code: string; readonly of?: string | undefined; readonly words: string } | undefined;
}

/** Returns a problem's detail with other words for the route that helps; null leaves it out. */
export function detailInWords({ detail, cure }: ProblemDocument, words: string | null): string {
  if (!cure || !detail.endsWith(cure.words)) return detail;
  const said = detail.slice(0, -cure.words.length);
  return words === null ? said.replace(/(?:[:;]|, and) $/, "") : said + words;
}

/** The server's answer was a problem. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly problem: ProblemDocument;
  /** Seconds that the server asks to wait before the next try (`Retry-After`); null when it does not. */
  readonly retryAfterS: number | null;

  /** The message is `STATUS CODE: DETAIL`. */
  constructor(problem: ProblemDocument, retryAfterS: number | null = null) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`);
    this.problem = problem;
    this.retryAfterS = retryAfterS;
  }
}

/** No server answers at the address, or the connection broke before the answer. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  /** The server's address. */
  readonly url: string;

  /** `cause` is what `fetch` threw; the message names its reason. */
  constructor(url: string, cause: unknown) {
    super(`no server answers at ${url} (${reasonOf(cause)})`, { cause });
    this.url = url;
  }
}

interface FetchFailure {
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
  readonly code?: string;
  readonly message?: string;
}

/** In Node, fetch says "fetch failed", and why in its cause. Of several addresses tried, the first is named. */
function reasonOf(error: unknown): string {
  const { cause, errors, code, message } = (error ?? {}) as FetchFailure;
  const inner = cause ?? errors?.[0];
  return inner === undefined ? (code ?? message ?? String(error)) : reasonOf(inner);
}

/** Reads an answer that is not a success to its end and returns its error. */
export async function errorOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  const text = await response.text().catch(() => "");
  return new ApiError(problemOf(response, text), Number.isNaN(retryAfter) ? null : retryAfter);
}

/** Longest text of an answer that is not a problem to be shown, in characters. */
const MAX_DETAIL = 200;

/** A proxy between the client and the server may answer with something other than a problem. */
function problemOf({ headers, status, statusText }: Response, text: string): ProblemDocument {
  if (headers.get("content-type")?.startsWith("application/problem+json")) {
    try {
      return JSON.parse(text) as ProblemDocument;
    } catch {
      // The answer broke off: show the part that arrived as text.
    }
  }
  const title = statusText || `Status ${status}`;
  return { type: "about:blank", title, status, detail: text.slice(0, MAX_DETAIL) || title, code: "unknown" };
}
