/** The one error of the client: a request that was answered with a problem, or not at all. */

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
