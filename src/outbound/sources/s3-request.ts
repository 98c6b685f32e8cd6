/**
 * The request for an object of S3, signed with AWS Signature Version 4, as
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html describes it.
 */
import { createHash, createHmac } from "node:crypto";
import type { S3Source } from "../../domain/sources/source.ts";

/** The hash of an empty body. */
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** What is signed: a request, and the caller's keys. */
export interface SignedRequest {
  readonly method: string;
  readonly url: URL;
  /** All signed headers, `host` and `x-amz-date` among them, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly region: string;
  readonly service: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Returns the address and headers of a GET of the object at a time. Without keys it is not signed. */
export function requestOfS3(
  object: S3Source,
  at: Date,
): { readonly url: URL; readonly headers: Readonly<Record<string, string>> } {
  const { region, access_key_id: accessKeyId, secret_access_key: secretAccessKey, session_token: token } = object;
  const url = addressOf(object);
  if (accessKeyId === undefined || secretAccessKey === undefined) return { url, headers: {} };
  const headers = {
    host: url.host,
    "x-amz-content-sha256": EMPTY_SHA256,
    "x-amz-date": at.toISOString().replaceAll(/[-:]|\.\d{3}/g, ""),
    ...(token !== undefined && { "x-amz-security-token": token }),
  };
  const authorization = signV4({ method: "GET", url, headers, region, service: "s3", accessKeyId, secretAccessKey });
  return { url, headers: { ...headers, authorization } };
}

function addressOf({ bucket, key, region, endpoint, path_style: isInPath = endpoint !== undefined }: S3Source): URL {
  const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`);
  const base = url.pathname.replace(/\/+$/, "");
  if (!isInPath) url.host = `${bucket}.${url.host}`;
  url.pathname = `${base}${isInPath ? `/${bucket}` : ""}/${key.split("/").map(encode).join("/")}`;
  url.search = "";
  return url;
}

/**
 * Returns the header `authorization` of a request without a body.
 *
 * @internal Exported for the examples that AWS publishes.
 */
export function signV4({ method, url, headers, region, service, accessKeyId, secretAccessKey }: SignedRequest): string {
  const names = Object.keys(headers).sort();
  const signedHeaders = names.join(";");
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join("&");
  const canonical = [
    ...[method, url.pathname, query],
    ...names.map((name) => `${name}:${(headers[name] as string).trim().replaceAll(/ +/g, " ")}`),
    ...["", signedHeaders, EMPTY_SHA256],
  ].join("\n");
  const time = headers["x-amz-date"] as string;
  const scope = `${time.slice(0, 8)}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const key = scope
    .split("/")
    .reduce<string | Buffer>((secret, part) => createHmac("sha256", secret).update(part).digest(), `AWS4${secretAccessKey}`);
  const signature = createHmac("sha256", key).update(text).digest("hex");
  return `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope},SignedHeaders=${signedHeaders},Signature=${signature}`;
}

/** Percent-encodes all but the unreserved characters of RFC 3986, as the signature requires. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
