/** Requests to the API of the server that the page came from, and the one error that they end in. Knows no route. */
import type { ProblemDocument } from "../../client/error.ts";

/** A request that was answered with a problem (RFC 9457), or not at all (code `unreachable`, status 0). */
export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  readonly problem: ProblemDocument;
  /** How long the server asks to wait before another try. */
  readonly retryAfterS: number | null;

  constructor(problem: ProblemDocument, retryAfterS: number | null = null) {
    super(problem.detail);
    this.problem = problem;
    this.retryAfterS = retryAfterS;
  }
}

/** Values of query parameters; undefined and null are left out. */
export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface RequestOptions {
  readonly query?: Query | undefined;
  /** Sent as JSON, unless it is a Blob, bytes or a form. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

export interface Http {
  /** The answer, whatever it holds. Throws an ApiProblem when it is no success. */
  send(method: string, path: string, options?: RequestOptions): Promise<Response>;
  /** The answer's JSON; undefined where there is no content. */
  json<T>(method: string, path: string, options?: RequestOptions): Promise<T>;
}

/** `onUnauthorized` is called when the server does not know who asks. */
export function createHttp(onUnauthorized: () => void): Http {
  const send: Http["send"] = async (method, path, { query, body, headers, signal } = {}) => {
    const content = contentOf(body);
    const response = await fetch(path + queryText(query), {
      method,
      body: content.body,
      headers: { accept: "application/json", ...content.headers, ...headers },
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw new ApiProblem(UNREACHABLE);
    });
    if (response.ok) return response;
    if (response.status === 401) onUnauthorized();
    throw await problemOf(response);
  };
  return {
    send,
    async json<T>(method: string, path: string, options?: RequestOptions) {
      const response = await send(method, path, options);
      return (response.status === 204 ? undefined : await response.json()) as T;
    },
  };
}

const UNREACHABLE: ProblemDocument = {
  type: "about:blank",
  title: "No answer",
  status: 0,
  detail: "The server did not answer. It may be restarting: try again in a moment.",
  code: "unreachable",
};

/** `?a=1&b=2`, or nothing. */
export function queryText(query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  if (given.length === 0) return "";
  return `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

function contentOf(body: unknown): { body: BodyInit | null; headers: Record<string, string> } {
  if (body === undefined) return { body: null, headers: {} };
  const isRaw = body instanceof Blob || body instanceof FormData || ArrayBuffer.isView(body) || typeof body === "string";
  if (isRaw) return { body: body as BodyInit, headers: {} };
  return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

/** The problem that an answer is; what stands between the page and the server may answer with something else. */
async function problemOf(response: Response): Promise<ApiProblem> {
  const after = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfterS = Number.isNaN(after) ? null : after;
  const text = await response.text().catch(() => "");
  if (response.headers.get("content-type")?.includes("json")) {
    try {
      return new ApiProblem(JSON.parse(text) as ProblemDocument, retryAfterS);
    } catch {
      // Not JSON after all: shown as text.
    }
  }
  const { status, statusText } = response;
  const detail = text.slice(0, 300) || statusText || "The server gave no reason.";
  return new ApiProblem(
    { type: "about:blank", title: statusText || `Status ${status}`, status, detail, code: "unknown" },
    retryAfterS,
  );
}

/** Any error as a problem to be shown. */
export function asProblem(error: unknown): ProblemDocument {
  if (error instanceof ApiProblem) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { type: "about:blank", title: "Something went wrong in the page", status: 0, detail, code: "page" };
}
