/**
 * The main-thread side of a SQLite thread: sends requests, matches replies by their order, and locks the connection for one
 * user at a time. Knows neither Kysely nor tables.
 */
import { Worker } from "node:worker_threads";
import { TrainyardError } from "../../domain/errors.ts";
import type { ProcedureName } from "../queries/procedures.ts";
import { SqliteError } from "./sqlite-error.ts";
import type {
  ConnectionLevel,
  SqliteCall,
  SqliteFailure,
  SqliteReply,
  SqliteRequest,
  SqliteResult,
  SqliteThreadOptions,
  SqlValue,
} from "./sqlite-protocol.ts";

/** Returns the error to throw in place of SQLite's. */
export type OnFailure = (error: SqliteError) => Promise<Error>;

export interface SqliteConnection {
  /** Runs a statement. Transfers blobs that span their buffer: they are empty afterwards. Throws a SqliteError. */
  query(sql: string, parameters: readonly SqlValue[]): Promise<SqliteResult>;
  /**
   * Runs a procedure in the thread, with copies of its arguments, once the connection is free, together with others of the same level that
   * wait. Throws the TrainyardError of the procedure, or what `onFailure` makes of a SqliteError while nobody else has the connection.
   */
  call(level: ConnectionLevel, name: ProcedureName, args: readonly unknown[], onFailure?: OnFailure): Promise<unknown>;
  /** Locks the connection until `release`. Callers wait first come, first served. */
  acquire(level: ConnectionLevel): Promise<void>;
  release(): void;
  /** Copies a snapshot of the database to a new file. */
  copyTo(path: string): Promise<void>;
  /** Closes the database and ends the thread. */
  close(): Promise<void>;
}

interface Waiting {
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

interface WaitingCall extends Waiting {
  readonly call: SqliteCall;
  readonly onFailure: OnFailure | undefined;
}

/** Maximum procedures committed together: the next user of the connection waits for all of them. */
const MAX_TOGETHER = 16;

/** Starts a thread with a connection of its own. Throws a SqliteError when the database cannot be opened. */
export async function openSqliteConnection(options: SqliteThreadOptions): Promise<SqliteConnection> {
  const worker = new Worker(new URL("./sqlite-thread.ts", import.meta.url), { workerData: options, name: "sqlite" });
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  const waiting: Waiting[] = [];
  let ended: Error | null = null;
  const end = (error: Error): void => {
    ended ??= error;
    for (const request of waiting.splice(0)) request.reject(error);
  };
  worker.on("message", (reply: SqliteReply) => settle(waiting.shift(), reply));
  worker.on("error", end);
  worker.on("exit", () => end(new SqliteError("the database is closed", "CLOSED")));
  const reply = (): Promise<unknown> => new Promise((resolve, reject) => waiting.push({ resolve, reject }));
  const send = (request: SqliteRequest): Promise<unknown> => {
    if (ended) return Promise.reject(ended);
    worker.postMessage(request, request.kind === "query" ? wholeBlobs(request.parameters) : []);
    return reply();
  };
  await reply();
  const lock = createLock();
  let current: ConnectionLevel | null = null;
  const acquire = async (level: ConnectionLevel): Promise<void> => {
    await lock.acquire();
    if (current === level) return;
    try {
      await send({ kind: "level", level });
      current = level;
    } catch (error) {
      lock.release();
      throw error;
    }
  };
  const groups = new Map<ConnectionLevel, WaitingCall[]>();
  const runGroup = async (level: ConnectionLevel, group: WaitingCall[]): Promise<void> => {
    try {
      await acquire(level);
    } catch (error) {
      groups.delete(level);
      await refuse(group, error);
      return;
    }
    // Calls from here on wait for the next round.
    const now = group.splice(0, MAX_TOGETHER);
    if (group.length > 0) void runGroup(level, group);
    else groups.delete(level);
    try {
      const replies = (await send({ kind: "calls", calls: now.map(({ call }) => call) })) as readonly SqliteReply[];
      for (const [index, each] of now.entries()) {
        const reply = replies[index] as SqliteReply;
        if (reply.ok) each.resolve(reply.result);
        else await refuse([each], errorOf(reply.failure));
      }
    } catch (error) {
      await refuse(now, error);
    } finally {
      lock.release();
    }
  };
  return {
    query: (sql, parameters) => send({ kind: "query", sql, parameters: parameters.map(ownMemory) }) as Promise<SqliteResult>,
    call: (level, name, args, onFailure) =>
      new Promise((resolve, reject) => {
        const group = groups.get(level);
        const own = { call: { name, args }, onFailure, resolve, reject };
        if (group) group.push(own);
        else {
          const begun = [own];
          groups.set(level, begun);
          void runGroup(level, begun);
        }
      }),
    acquire,
    release: () => lock.release(),
    copyTo: async (path) => void (await send({ kind: "copy", path })),
    close: async () => {
      if (!ended) await send({ kind: "close" });
      await exited;
    },
  };
}

function settle(waiting: Waiting | undefined, reply: SqliteReply): void {
  if (reply.ok) waiting?.resolve(reply.result);
  else waiting?.reject(errorOf(reply.failure));
}

/** Rejects calls with an error after handling its cause: a full disk releases its reserve before anybody else writes. */
async function refuse(calls: readonly WaitingCall[], error: unknown): Promise<void> {
  for (const { reject, onFailure } of calls)
    reject(error instanceof SqliteError && onFailure ? await onFailure(error).catch((other: unknown) => other) : error);
}

function errorOf({ message, code, stack, refusal }: SqliteFailure): Error {
  if (refusal) return new TrainyardError(refusal.code, message, refusal.errors);
  return Object.assign(new SqliteError(message, code), stack && { stack });
}

/** Copies a view of a part of a buffer, because transferring the view would transfer the whole buffer. */
function ownMemory(value: SqlValue): SqlValue {
  const isPart = value instanceof Uint8Array && value.byteLength !== value.buffer.byteLength;
  return isPart ? new Uint8Array(value) : value;
}

function wholeBlobs(parameters: readonly SqlValue[]): ArrayBuffer[] {
  return parameters.flatMap((value) => (value instanceof Uint8Array ? [value.buffer] : []));
}

/** Creates a lock with a queue of waiters. */
function createLock() {
  const queue: (() => void)[] = [];
  let isLocked = false;
  return {
    acquire(): Promise<void> {
      if (isLocked) return new Promise((resolve) => queue.push(resolve));
      isLocked = true;
      return Promise.resolve();
    },
    release(): void {
      const next = queue.shift();
      if (next) next();
      else isLocked = false;
    },
  };
}
