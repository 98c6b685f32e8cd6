/**
 * The rows of a PostgreSQL query as CSV: one SELECT in a read-only transaction, read through a cursor a few rows at a time. Values are the
 * texts that PostgreSQL writes, except booleans; the reader decides what a text means, as in every CSV.
 */
import type { EventEmitter } from "node:events";
import { type LookupFunction, Socket } from "node:net";
import pg from "pg";
import { csvCell } from "../../domain/csv-cell.ts";
import type { PostgresSource } from "../../domain/sources/source.ts";
import { type Fetched, SourceError } from "../../domain/sources/source-fetcher.ts";
import type { Reach } from "./reach.ts";
import { faultOf } from "./source-fault.ts";

const POINTER = "/source/postgres";
const BOOL_OID = 16;
/** Rows of the first step, and maximum rows of any. */
const FIRST_ROWS = 16;
const MAX_ROWS = 2000;
/** Text of a step: what the event loop converts to CSV at a time. */
const STEP_BYTES = 128 * 1024;
/** The longest message: a row. The driver holds a whole message. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Maximum bytes of one answer: the driver holds all its rows until its end, however few were requested. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
const PLAIN_CSV = { delimiter: ",", spreadsheet: false } as const;

/** Opens the rows. Throws SourceError. */
export async function queryPostgres({ url, query }: PostgresSource, reach: Reach): Promise<Fetched> {
  const connection = await connect(new URL(url), reach);
  const { client } = connection;
  try {
    await begin(client, query, reach);
    const first = await fetchRows(connection, FIRST_ROWS);
    const stream = rowsOf(connection, first, reach);
    return { isUnchanged: false, stream, mediaType: "text/csv", fileName: "", format: "csv", gzip: false, etag: null };
  } catch (error) {
    destroy(client);
    throw postgresFault(error, reach);
  }
}

type Texts = pg.QueryArrayResult<(string | null)[]>;

interface Connection {
  readonly client: pg.Client;
  /** Bytes received for the current query. */
  readonly answer: { bytes: number };
}

async function connect(url: URL, reach: Reach): Promise<Connection> {
  // As it was written, and so as it was checked, without decoding in between.
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const answer = { bytes: 0 };
  const mode = url.searchParams.get("sslmode") ?? (reach.isNamed(url.hostname) ? "disable" : "verify-full");
  try {
    if (mode === "disable" && !reach.isNamed(url.hostname))
      throw new SourceError(
        POINTER,
        `${url.host} must be reached with TLS: sslmode=disable is only for hosts that the operator names (TRAINYARD_SOURCE_PRIVATE_HOSTS)`,
      );
    const socket = new GuardedSocket(reach.lookupOf(url.hostname));
    const client = new pg.Client({
      host,
      port: url.port === "" ? 5432 : Number(url.port),
      user: decodeURIComponent(url.username) || "postgres",
      password: decodeURIComponent(url.password),
      database: decodeURIComponent(url.pathname.slice(1)) || "postgres",
      ssl: mode === "disable" ? false : { rejectUnauthorized: mode === "verify-full" },
      stream: () => socket,
      connectionTimeoutMillis: reach.silenceMs,
      application_name: "trainyard",
      types: { getTypeParser: () => (text: string) => text },
    });
    client.on("error", () => undefined);
    reach.signal.addEventListener("abort", () => destroy(client), { once: true });
    if (reach.signal.aborted) throw reach.signal.reason;
    const connected = client.connect();
    // Encryption replaces the stream; before that the server has sent one byte.
    if (mode === "disable") boundMessages(client, answer);
    else connectionOf(client).once("sslconnect", () => boundMessages(client, answer));
    await connected;
    return { client, answer };
  } catch (error) {
    throw postgresFault(error, reach);
  }
}

async function begin(client: pg.Client, query: string, { signal, timeoutMs, silenceMs }: Reach): Promise<void> {
  signal.throwIfAborted();
  await client.query("begin transaction isolation level repeatable read read only");
  for (const setting of [
    `statement_timeout = ${timeoutMs}`,
    `lock_timeout = ${silenceMs}`,
    "timezone = 'UTC'",
    "datestyle = 'ISO, YMD'",
    "intervalstyle = 'iso_8601'",
    "extra_float_digits = 1",
    "bytea_output = 'hex'",
    "client_encoding = 'UTF8'",
  ])
    await client.query(`set local ${setting}`);
  // The extended protocol takes one statement, and a cursor takes a SELECT that changes nothing.
  const text = `declare trainyard no scroll cursor for\n${query.replace(/[;\s]+$/, "")}\n`;
  await client.query({ text, queryMode: "extended" } as pg.QueryConfig);
}

function fetchRows({ client, answer }: Connection, count: number): Promise<Texts> {
  answer.bytes = 0;
  return client.query<(string | null)[]>({ text: `fetch ${count} from trainyard`, rowMode: "array" });
}

async function* rowsOf(connection: Connection, first: Texts, reach: Reach): AsyncGenerator<Uint8Array, void, void> {
  const { client } = connection;
  try {
    const { fields } = first;
    const isTruth = fields.map(({ dataTypeID }) => dataTypeID === BOOL_OID);
    yield Buffer.from(`${fields.map(({ name }) => csvCell(name, PLAIN_CSV)).join(",")}\n`);
    for (let step = first, asked = FIRST_ROWS; step.rows.length > 0; ) {
      const bytes = Buffer.from(step.rows.map((row) => lineOf(row, isTruth)).join(""));
      yield bytes;
      if (step.rows.length < asked) break;
      const perRow = bytes.length / step.rows.length;
      asked = Math.max(1, Math.min(MAX_ROWS, Math.floor(STEP_BYTES / perRow)));
      step = await fetchRows(connection, asked);
    }
    await client.query("rollback");
    await client.end();
  } catch (error) {
    throw postgresFault(error, reach);
  } finally {
    destroy(client);
  }
}

function lineOf(row: readonly (string | null)[], isTruth: readonly boolean[]): string {
  const cells = row.map((text, column) => {
    if (text === null) return "";
    if (isTruth[column]) return text === "t" ? "true" : "false";
    return csvCell(text, PLAIN_CSV);
  });
  // An empty line is not a row.
  return `${cells.length === 1 && cells[0] === "" ? '""' : cells.join(",")}\n`;
}

/** A socket with its own lookup of names. */
class GuardedSocket extends Socket {
  readonly #lookup: LookupFunction | undefined;

  constructor(lookup: LookupFunction | undefined) {
    super();
    this.#lookup = lookup;
  }

  /** The driver calls it only with a port and a host. */
  override connect(port: unknown, host?: unknown): this {
    const lookup = this.#lookup;
    return super.connect({ port: port as number, host: host as string, ...(lookup && { lookup }) });
  }
}

/** The connection of the driver, which its types leave out. */
function connectionOf(client: pg.Client): EventEmitter & { readonly stream: Socket } {
  return (client as unknown as { readonly connection: EventEmitter & { readonly stream: Socket } }).connection;
}

function destroy(client: pg.Client): void {
  connectionOf(client).stream.destroy();
}

/**
 * Ends a connection whose server announces a message that is too long, or answers a query with too many bytes: the driver would take both
 * in full. Starts between two messages.
 */
function boundMessages(client: pg.Client, answer: Connection["answer"]): void {
  const { stream } = connectionOf(client);
  /** Remaining bytes of the current message, and the part of the header received so far: a type and a length (5 bytes). */
  let left = 0;
  let header = Buffer.alloc(0);
  stream.on("data", (chunk: Buffer) => {
    answer.bytes += chunk.length;
    if (answer.bytes > MAX_ANSWER_BYTES) {
      stream.destroy(new Error(`sent more than ${MAX_ANSWER_BYTES} bytes for a few rows: select fewer or shorter columns`));
      return;
    }
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const taken = Math.min(left, chunk.length - at);
        left -= taken;
        at += taken;
        continue;
      }
      const part = chunk.subarray(at, at + 5 - header.length);
      header = Buffer.concat([header, part]);
      at += part.length;
      if (header.length < 5) return;
      left = header.readUInt32BE(1) - 4;
      header = Buffer.alloc(0);
      if (left < 0 || left > MAX_MESSAGE_BYTES) {
        stream.destroy(new Error(`sent a row of more than ${MAX_MESSAGE_BYTES} bytes`));
        return;
      }
    }
  });
}

/** Error classes of PostgreSQL (SQLSTATE) that may pass: connection, resources, operator, and serialization. */
const TRANSIENT = /^(?:08|40|53|57)/;

function postgresFault(error: unknown, reach: Reach): SourceError {
  if (error instanceof pg.DatabaseError) {
    const { message, code = "", position } = error;
    const where = position === undefined ? "" : `, at character ${position}`;
    return new SourceError(POINTER, `PostgreSQL says: ${message.slice(0, 300)} (${code})${where}`, {
      isTransient: TRANSIENT.test(code),
      cause: error,
    });
  }
  return faultOf(error, POINTER, reach);
}
