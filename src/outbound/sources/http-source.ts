/**
 * Fetches a table over HTTP: GET, with redirects under the same rule as the first address, a limit on silence, and `If-None-Match`. Knows
 * nothing of the content.
 */
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { mediaTypeOf } from "../../domain/datasets/table-label.ts";
import { type Fetched, SourceError } from "../../domain/sources/source-fetcher.ts";
import { failOnUpgrade } from "../no-upgrade.ts";
import type { Reach } from "./reach.ts";
import { faultOf } from "./source-fault.ts";

export interface HttpRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** The place of the source in the request. */
  readonly pointer: string;
  readonly mayRedirect: boolean;
}

const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** Responses that may differ a while later. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);
const MAX_HEADER_BYTES = 32 * 1024;
/** How much of a refusal's body is read: S3 gives the reason there. */
const MAX_REFUSAL_BYTES = 4096;

/** Opens the table. Throws SourceError. */
export async function fetchOverHttp(
  { url: first, headers, pointer, mayRedirect }: HttpRequest,
  reach: Reach,
): Promise<Fetched> {
  const { etag } = reach;
  try {
    let url = first;
    for (let redirects = 0; ; redirects++) {
      assertEncrypted(url, pointer, reach);
      // Headers for one server must not reach another.
      const own = url.origin === first.origin ? { ...headers, ...(etag !== null && { "if-none-match": etag }) } : {};
      const response = await request(url, own, reach);
      const { statusCode: status = 0 } = response;
      const { location } = response.headers;
      if (REDIRECTS.has(status) && location !== undefined) {
        response.destroy();
        if (!mayRedirect)
          throw new SourceError(pointer, `answered ${status}, a redirect, which is not followed here${regionOf(response)}`);
        if (redirects === MAX_REDIRECTS) throw new SourceError(pointer, `redirects more than ${MAX_REDIRECTS} times`);
        if (!URL.canParse(location, url)) throw new SourceError(pointer, "redirects to something that is not a URL");
        url = new URL(location, url);
        continue;
      }
      if (status === 304 && etag !== null) {
        response.destroy();
        return { isUnchanged: true };
      }
      if (status !== 200) throw await refusal(response, pointer);
      return fetched(response, url, pointer, reach);
    }
  } catch (error) {
    throw faultOf(error, pointer, reach);
  }
}

function assertEncrypted(url: URL, pointer: string, { isNamed }: Reach): void {
  if (url.protocol === "https:" || (url.protocol === "http:" && isNamed(url.hostname))) return;
  throw new SourceError(
    pointer,
    url.protocol === "http:"
      ? `${url.host} must be asked over https: http is for hosts that the operator names (TRAINYARD_SOURCE_PRIVATE_HOSTS)`
      : `${url.protocol} is no address of a table: https: is`,
  );
}

function request(url: URL, headers: Readonly<Record<string, string>>, reach: Reach): Promise<IncomingMessage> {
  const lookup = reach.lookupOf(url.hostname);
  const send = url.protocol === "https:" ? requestHttps : requestHttp;
  const options = {
    method: "GET",
    agent: false,
    signal: reach.signal,
    maxHeaderSize: MAX_HEADER_BYTES,
    // A server that compresses its response may compress the same bytes differently, which would be another hash.
    headers: { "user-agent": "Trainyard", accept: "*/*", "accept-encoding": "identity", ...headers },
    ...(lookup && { lookup }),
  } as const;
  return new Promise((resolve, reject) => {
    const sent = send(url, options);
    sent.setTimeout(reach.silenceMs, () =>
      sent.destroy(Object.assign(new Error(`was silent for ${reach.silenceMs / 1000} s`), { code: "ETIMEDOUT" })),
    );
    failOnUpgrade(sent);
    sent.on("error", reject);
    sent.on("response", resolve);
    sent.end();
  });
}

function fetched(response: IncomingMessage, url: URL, pointer: string, reach: Reach): Fetched {
  const { headers } = response;
  const encoding = (headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (!["identity", "", "gzip", "x-gzip"].includes(encoding)) {
    response.destroy();
    throw new SourceError(pointer, `answered with content-encoding ${encoding.slice(0, 40)}, which was not requested`);
  }
  const declared = Number(headers["content-length"] ?? 0);
  if (declared > reach.maxBytes) {
    response.destroy();
    throw new SourceError(
      pointer,
      `has ${declared} bytes, more than the limit of ${reach.maxBytes} (TRAINYARD_MAX_DATASET_BYTES)`,
    );
  }
  return {
    isUnchanged: false,
    stream: bytesOf(response, pointer, reach),
    mediaType: mediaTypeOf(headers["content-type"]),
    fileName: fileNameOf(url),
    format: null,
    gzip: encoding === "gzip" || encoding === "x-gzip",
    etag: typeof headers.etag === "string" && headers.etag.length <= 500 ? headers.etag : null,
  };
}

async function* bytesOf(response: IncomingMessage, pointer: string, reach: Reach): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) yield chunk;
    if (!response.complete) throw Object.assign(new Error("the connection closed before the end"), { code: "ECONNRESET" });
  } catch (error) {
    throw faultOf(error, pointer, reach);
  } finally {
    response.destroy();
  }
}

/** The last part of the path, with percent-encoding decoded where possible. */
function fileNameOf({ pathname }: URL): string {
  const last = pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}

async function refusal(response: IncomingMessage, pointer: string): Promise<SourceError> {
  const { statusCode: status = 0 } = response;
  let body = "";
  for await (const chunk of response.iterator({ destroyOnReturn: true }) as AsyncIterable<Buffer>) {
    body += chunk.toString("latin1");
    if (body.length >= MAX_REFUSAL_BYTES) break;
  }
  // The names of S3's errors: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
  const code = /<Code>([A-Za-z.]{1,60})<\/Code>/.exec(body)?.[1];
  const said = code === undefined ? "" : ` (${code})`;
  return new SourceError(pointer, `answered ${status}${said}${regionOf(response)}`, { isTransient: TRANSIENT.has(status) });
}

/** S3 says in a header which region a bucket is in if the request went to another. */
function regionOf({ headers }: IncomingMessage): string {
  const region = headers["x-amz-bucket-region"];
  return typeof region === "string" && /^[a-z0-9-]{1,50}$/.test(region) ? `; the bucket is in the region ${region}` : "";
}
