/**
 * How requests travel: addresses, the key, bodies, and the error of an answer that is not a success. Runs in Node and in
 * browsers, and knows no route.
 */
import { errorOf, UnreachableError } from "../error.ts";

/** How a client reaches its server. */
export interface TransportOptions {
  /** An API key, `ty_...`. Left out: none is sent, and in a browser the session's cookie stands for one. */
  readonly key?: string;
  /** Sends the requests; the global `fetch` when left out. For proxies, tests, and callers that inspect every answer. */
  readonly fetch?: typeof fetch;
}

/** What every method takes besides its own arguments. */
export interface CallOptions {
  /** Aborting it ends the request: its promise rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A request, besides its method and path. */
export interface RequestOptions extends CallOptions {
  /** Query parameters by name; those that are undefined or null are left out. */
  readonly query?: object | undefined;
  /** Sent as JSON, except bytes, which are sent as they are. */
  readonly body?: unknown;
  /** A body that is sent as it is, with the media type `type`. It may be a stream. */
  readonly file?: BodyInit;
  readonly type?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Requests to one server. Paths are relative to its address (`v1/jobs`). Every method rejects with an ApiError when the answer
 * is not a success, with an UnreachableError when there is no answer, and with the signal's reason when it is aborted.
 */
export interface Transport {
  /** Sends a request and returns its answer, the body unread. */
  send(method: string, path: string, options?: RequestOptions): Promise<Response>;
  /** Returns the JSON of a GET. */
  get<T>(path: string, query?: object, options?: CallOptions): Promise<T>;
  /** Posts `body` and returns the JSON of the answer. */
  post<T>(path: string, body?: unknown, query?: object, options?: CallOptions): Promise<T>;
  /** Sends a DELETE. */
  drop(path: string): Promise<void>;
  /** Returns the body of a GET as bytes, read to its end. */
  bytes(path: string, options?: CallOptions): Promise<Uint8Array<ArrayBuffer>>;
  /** Opens a WebSocket. Its errors come as events of the socket. */
  connect(path: string, query?: object): WebSocket;
}

/** Creates the transport to the server at `baseUrl`. Throws a TypeError when that is not a URL. */
export function createTransport(baseUrl: string | URL, { key, fetch: sendRequest }: TransportOptions = {}): Transport {
  const base = new URL(baseUrl);
  const authorization = key ? { authorization: `Bearer ${key}` } : null;

  async function send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    const { accept = "*/*", headers, query, signal } = options;
    const { body, type } = bodyOf(options);
    const init = {
      method,
      headers: { accept, ...(type && { "content-type": type }), ...authorization, ...headers },
      ...(body !== undefined && { body }),
      // A streamed body must declare that its answer is read only after it is sent (fetch.spec.whatwg.org, RequestInit.duplex).
      ...(body instanceof ReadableStream && { duplex: "half" }),
      ...(signal && { signal }),
    };
    const response = await (sendRequest ?? fetch)(urlOf(base, path, query), init).catch((error: unknown) => {
      throw isAbort(error, signal) ? error : new UnreachableError(base.href, error);
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }
  const json = async <T>(response: Promise<Response>) => (await response).json() as Promise<T>;

  return {
    send,
    get: (path, query, options) => json(send("GET", path, { ...options, query })),
    post: (path, body, query, options) => json(send("POST", path, { ...options, query, body })),
    drop: async (path) => void (await send("DELETE", path)),
    bytes: async (path, options) => new Uint8Array(await (await send("GET", path, options)).arrayBuffer()),
    connect(path, query) {
      const url = urlOf(base, path, query);
      url.protocol = base.protocol === "https:" ? "wss:" : "ws:";
      return authorization ? new WebSocket(url, withHeaders(authorization)) : new WebSocket(url);
    },
  };
}

/** Whether the caller ended the request. A signal that timed out is another way of there being no answer. */
function isAbort(error: unknown, signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true && (error as Error | null)?.name !== "TimeoutError";
}

/** Node's WebSocket takes headers instead of protocols, which the browsers' types do not allow. */
function withHeaders(headers: Readonly<Record<string, string>>): string[] {
  return { headers } as unknown as string[];
}

function bodyOf({ body, file, type }: RequestOptions): { body?: BodyInit; type?: string | undefined } {
  if (file !== undefined) return { body: file, type };
  if (body === undefined) return {};
  if (body instanceof Uint8Array) return { body: body as Uint8Array<ArrayBuffer>, type: BYTES };
  return { body: JSON.stringify(body), type: JSON_TYPE };
}

/** The media type of bytes without a named format. */
export const BYTES = "application/octet-stream";
/** The media type of JSON. */
export const JSON_TYPE = "application/json";

function urlOf(base: URL, path: string, query: object = {}): URL {
  const url = new URL(path, base.href.endsWith("/") ? base : `${base.href}/`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) url.searchParams.set(name, String(value));
  }
  return url;
}

/** Returns any text as one segment of a path, percent-encoded except `@`, which a segment may have as it is. */
export function segment(text: string): string {
  return encodeURIComponent(text).replaceAll("%40", "@");
}
