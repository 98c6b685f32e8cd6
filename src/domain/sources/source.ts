/** Where a table can be fetched from: a URL, an object of S3, or a query of PostgreSQL. Its secrets are never shown. */
import { z } from "zod";

const MAX_URL = 4000;
const secret = z.string().min(1).max(4096);
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, "must be the name of an HTTP header");
const headerValue = z
  .string()
  .max(4096)
  .regex(/^[\x20-\x7e\t]*$/, "must be visible ASCII characters and spaces");
/** Headers that the connection sets itself, or that would change the request. */
const RESERVED =
  /^(?:host|connection|content-length|transfer-encoding|te|upgrade|expect|range|if-none-match|accept-encoding)$/i;

const webUrl = z
  .url({ protocol: /^https?$/, error: "must be a URL that begins with https://" })
  .max(MAX_URL)
  .refine((text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === "", {
    error: 'must have no user and password: send them as a header, like {"authorization": "Basic ..."}',
  });

const s3 = z
  .strictObject({
    bucket: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/, "must be the name of a bucket"),
    key: z.string().min(1).max(1024).meta({ description: "Key of the object, without a leading slash." }),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,50}$/, "must be a region, like eu-central-1")
      .default("us-east-1"),
    endpoint: webUrl.optional().meta({ description: "The endpoint of another server with the S3 API; by default AWS." }),
    path_style: z.boolean().optional().meta({
      description: "Whether the bucket is in the path instead of the host name. By default true if `endpoint` is given.",
    }),
    access_key_id: z.string().min(1).max(200).optional(),
    secret_access_key: secret.optional().meta({ description: "Kept for a schedule, and never shown again." }),
    session_token: secret.optional(),
  })
  .refine(({ access_key_id: id, secret_access_key: key }) => (id === undefined) === (key === undefined), {
    error: "access_key_id and secret_access_key go together; without both, the object must be public",
  });

const POSTGRES_OPTIONS: ReadonlySet<string> = new Set(["sslmode"]);
const SSL_MODES: ReadonlySet<string> = new Set(["disable", "require", "verify-full"]);

const POSTGRES_HOST = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])$/i;

/** Why an address of PostgreSQL is refused; null if it is accepted. Files and sockets of the server are refused. */
function postgresFault(text: string): string | null {
  if (!URL.canParse(text)) return "must be postgres://user:password@host:port/database";
  const { hostname, searchParams, hash } = new URL(text);
  if (hostname === "" || hash !== "") return "must be postgres://user:password@host:port/database";
  // The host of a non-web scheme stays as it was written: an encoded host would be another one after decoding.
  if (!POSTGRES_HOST.test(hostname)) return "has a host that is neither a name nor an address";
  const other = [...searchParams.keys()].find((name) => !POSTGRES_OPTIONS.has(name));
  if (other !== undefined) return `has the option ${other}, but only sslmode is allowed`;
  const mode = searchParams.get("sslmode");
  if (mode !== null && !SSL_MODES.has(mode)) return `has sslmode=${mode}: it must be ${[...SSL_MODES].join(", ")}`;
  return null;
}

const postgres = z.strictObject({
  url: z
    .url({ protocol: /^postgres(ql)?$/, error: "must be postgres://user:password@host:port/database" })
    .max(MAX_URL)
    .check(({ value, issues }) => {
      const message = postgresFault(value);
      if (message !== null) issues.push({ code: "custom", message, input: value });
    })
    .meta({
      description:
        "`sslmode` is the only option: `verify-full`, the default, `require` (encrypted, the certificate is not checked), or `disable` for hosts in TRAINYARD_SOURCE_PRIVATE_HOSTS. Its password is kept for a schedule, and never shown again.",
    }),
  query: z
    .string()
    .trim()
    .min(1)
    .max(100_000)
    .refine((text) => !text.includes("\u0000"), { error: "must not contain the character NUL" })
    .meta({
      description:
        "One SELECT, run in a read-only transaction. With ORDER BY the same rows give the same bytes, and so the same data set.",
    }),
});

const KINDS = ["url", "s3", "postgres"] as const;

export const source = z
  .strictObject({
    url: webUrl.optional().meta({ description: "https; http only to hosts in TRAINYARD_SOURCE_PRIVATE_HOSTS." }),
    headers: z
      .record(headerName, headerValue)
      .refine((headers) => Object.keys(headers).length <= 20, { error: "must have at most 20 headers" })
      .refine((headers) => !Object.keys(headers).some((name) => RESERVED.test(name)), {
        error: "must not have headers that the connection sets itself",
      })
      .optional()
      .meta({
        description:
          "Sent with the request to `url`, and not to another server that it redirects to. Kept for a schedule, and never shown again.",
      }),
    s3: s3.optional().meta({ description: "An object of S3, signed with AWS Signature Version 4." }),
    postgres: postgres.optional().meta({ description: "The rows of a query." }),
  })
  .refine((given) => KINDS.filter((kind) => given[kind] !== undefined).length === 1, {
    error: "must have one of url, s3 and postgres",
  })
  .refine(({ url, headers }) => headers === undefined || url !== undefined, {
    error: "is only for a url",
    path: ["headers"],
  })
  .meta({
    id: "Source",
    description: "Where a table is fetched from: one of `url`, `s3` and `postgres`.",
    examples: [{ url: "https://example.com/penguins.csv" }],
  });

export type Source = z.output<typeof source>;
export type S3Source = NonNullable<Source["s3"]>;
export type PostgresSource = NonNullable<Source["postgres"]>;

/** A source as it is shown: without query strings, values of headers, keys and passwords. */
export const shownSource = z
  .object({
    url: z.string().optional().meta({ description: "Without what follows its `?`, which may be a secret." }),
    headers: z.array(z.string()).optional().meta({ description: "Their names." }),
    s3: z
      .object({
        bucket: z.string(),
        key: z.string(),
        region: z.string(),
        endpoint: z.string().optional(),
        path_style: z.boolean().optional(),
        access_key_id: z.string().optional(),
      })
      .optional(),
    postgres: z.object({ url: z.string().meta({ description: "Without its password." }), query: z.string() }).optional(),
  })
  .meta({ id: "ShownSource", description: "Where the table is fetched from, without secrets." });

export type ShownSource = z.output<typeof shownSource>;

/** Returns what may be shown of a source. */
export function showSource({ url, headers, s3: object, postgres: database }: Source): ShownSource {
  if (url !== undefined) return { url: plainUrl(url), ...(headers && { headers: Object.keys(headers) }) };
  if (object) {
    const { secret_access_key: _, session_token: __, endpoint, ...shown } = object;
    return { s3: { ...shown, ...(endpoint !== undefined && { endpoint: plainUrl(endpoint) }) } };
  }
  if (!database) return {};
  const address = new URL(database.url);
  address.password = "";
  return { postgres: { url: address.href, query: database.query } };
}

/**
 * The source that replaces another. A PostgreSQL address given as the stored one is shown, without its password, means that one with its
 * password. With another user, host or database, only its own password counts.
 */
export function keepPassword(given: Source, stored: Source): Source {
  const { postgres: database } = given;
  if (!database || !stored.postgres) return given;
  const shown = new URL(showSource(stored).postgres?.url ?? "").href;
  return new URL(database.url).href === shown ? { ...given, postgres: { ...database, url: stored.postgres.url } } : given;
}

/** The host of a source, for the log. */
export function hostOf({ url, s3: object, postgres: database }: Source): string {
  const address = url ?? database?.url ?? object?.endpoint;
  return address === undefined ? `s3 ${object?.region}` : new URL(address).host;
}

function plainUrl(text: string): string {
  const { origin, pathname } = new URL(text);
  return `${origin}${pathname}`;
}
