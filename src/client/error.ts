/** The errors of the client: a request that was answered with a problem, and one that was not answered. */

/** A problem document as the server sends it (RFC 9457). */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly instance?: string | undefined;
  readonly code: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[] | undefined;
}

/** The answer to a request that failed: the problem that the server states. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly problem: ProblemDocument;
  /** How long the server asks to wait before another try. */
  readonly retryAfterS: number | null;

  constructor(problem: ProblemDocument, retryAfterS: number | null = null) {
    super(`${problem.status} ${problem.code}: ${problem.detail}`);
    this.problem = problem;
    this.retryAfterS = retryAfterS;
  }
}

/** Nobody answers at the address, or the connection broke before there was an answer. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
  readonly url: string;

  constructor(url: string, cause: unknown) {
    super(`no server answers at ${url} (${reasonOf(cause)})`, { cause });
    this.url = url;
  }
}

/** fetch says "fetch failed", and why in its cause; of several addresses tried, the first will do. */
function reasonOf(error: unknown): string {
  const { cause, errors, code, message } = error as NodeJS.ErrnoException & { errors?: unknown[] };
  if (cause !== undefined || errors?.[0] !== undefined) return reasonOf(cause ?? errors?.[0]);
  return code ?? message;
}

/** The error of an answer that is not a success. */
export async function errorOf(response: Response): Promise<ApiError> {
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  const text = await response.text();
  return new ApiError(problemOf(response, text), Number.isNaN(retryAfter) ? null : retryAfter);
}

/** What stands between the client and the server may answer with something else than a problem. */
function problemOf(response: Response, text: string): ProblemDocument {
  if (response.headers.get("content-type")?.startsWith("application/problem+json")) return JSON.parse(text) as ProblemDocument;
  const { status, statusText } = response;
  return { type: "about:blank", title: statusText, status, detail: text.slice(0, 200) || statusText, code: "unknown" };
}
