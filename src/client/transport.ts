/** How the client's requests travel: addresses, the key, bodies, and what an answer that is no success becomes. Knows no route. */
import { errorOf, UnreachableError } from "./error.ts";

export interface TransportOptions {
  /** An API key, `ty_...`; none when left out. */
  readonly key?: string;
}

export interface RequestOptions {
  readonly query?: object;
  /** Bytes go as they are, anything else as JSON. */
  readonly body?: unknown;
  /** A body that is a file of the media type `type`, which may be a stream. */
  readonly file?: BodyInit;
  readonly type?: string;
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Transport {
  /** The answer to a request. Throws an ApiError when it is not a success, an UnreachableError when there is none. */
  send(method: string, path: string, options?: RequestOptions): Promise<Response>;
  /** The JSON of a resource. Throws as `send` does. */
  get<T>(path: string, query?: object): Promise<T>;
  /** The JSON that answers a POST. Throws as `send` does. */
  post<T>(path: string, body?: unknown, query?: object): Promise<T>;
  /** Deletes a resource. Throws as `send` does. */
  drop(path: string): Promise<void>;
  /** The whole of a file. */
  bytes(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Opens a WebSocket with the key of this transport. */
  connect(path: string, query?: object): WebSocket;
}

/**
 * A way to the server at `baseUrl`. Its methods throw an ApiError for an answer that is no success, an UnreachableError if
 * there is none.
 */
export function createTransport(baseUrl: string | URL, { key }: TransportOptions): Transport {
  const base = new URL(baseUrl);
  const authorization = key ? { authorization: `Bearer ${key}` } : null;

  async function send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
    const { accept = "*/*", headers, query, signal } = options;
    const { body, type } = bodyOf(options);
    const init = {
      method,
      headers: { accept, ...(type && { "content-type": type }), ...authorization, ...headers },
      ...(body !== undefined && { body }),
      // A stream has to say that its answer is read after it is sent (fetch.spec.whatwg.org, RequestInit.duplex).
      ...(body instanceof ReadableStream && { duplex: "half" }),
      ...(signal && { signal }),
    };
    const response = await fetch(urlOf(base, path, query), init).catch((error: unknown) => {
      throw new UnreachableError(base.href, error);
    });
    if (!response.ok) throw await errorOf(response);
    return response;
  }
  const json = async <T>(response: Promise<Response>) => (await response).json() as Promise<T>;

  return {
    send,
    get: (path, query) => json(send("GET", path, { query: query ?? {} })),
    post: (path, body, query) => json(send("POST", path, { query: query ?? {}, body })),
    drop: async (path) => void (await send("DELETE", path)),
    bytes: async (path) => new Uint8Array(await (await send("GET", path)).arrayBuffer()),
    connect(path, query) {
      const url = urlOf(base, path, query);
      url.protocol = base.protocol === "https:" ? "wss:" : "ws:";
      return authorization ? new WebSocket(url, withHeaders(authorization)) : new WebSocket(url);
    },
  };
}

/** Node's WebSocket takes headers in the place of protocols, which the types of browsers do not know. */
function withHeaders(headers: Readonly<Record<string, string>>): string[] {
  return { headers } as unknown as string[];
}

function bodyOf({ body, file, type }: RequestOptions): { body?: BodyInit; type?: string | undefined } {
  if (file !== undefined) return { body: file, type };
  if (body === undefined) return {};
  if (body instanceof Uint8Array) return { body: body as Uint8Array<ArrayBuffer>, type: "application/octet-stream" };
  return { body: JSON.stringify(body), type: "application/json" };
}

function urlOf(base: URL, path: string, query: object = {}): URL {
  const url = new URL(path, base.href.endsWith("/") ? base : `${base.href}/`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

/** One segment of a path, from text that anybody may have written. */
export function segment(text: string): string {
  // An @ is a segment's own, and read better as it is.
  return encodeURIComponent(text).replaceAll("%40", "@");
}
