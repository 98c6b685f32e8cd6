/** A load of small HTTP requests over kept-alive connections, sent by a process of its own, and what was measured of their answers. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

export interface LoadTask {
  readonly address: string;
  /** JSON to POST. */
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly connections: number;
  /** Stop after this time, or after as many requests. */
  readonly seconds?: number;
  readonly requests?: number;
  /** The status that every answer has; any other one ends the load with an error. */
  readonly status: number;
}

export interface Load {
  readonly count: number;
  readonly elapsedMs: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Generator {
  run(task: LoadTask): Promise<Load>;
  stop(): void;
}

/** Starts the process that sends. */
export function startGenerator(): Generator {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url));
  return {
    async run(task) {
      child.send(task);
      const [reply] = (await once(child, "message")) as [Load | { error: string }];
      if ("error" in reply) throw new Error(reply.error);
      return reply;
    },
    stop: () => child.kill(),
  };
}

/** Sends the next request of each connection when the answer to the one before has come, in one piece. */
async function generate(task: LoadTask): Promise<Load> {
  const { address, body, headers = {}, connections, seconds = Number.POSITIVE_INFINITY, requests } = task;
  const { host, hostname, port, pathname } = new URL(address);
  const fields = { host, "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const bytes = Buffer.from(`POST ${pathname} HTTP/1.1\r\n${lines.join("")}\r\n${body}`);
  const expected = `HTTP/1.1 ${task.status}`;
  const times: number[] = [];
  let unsent = requests ?? Number.POSITIVE_INFINITY;
  const startedAt = performance.now();
  const endsAt = startedAt + seconds * 1000;
  const exchange = async (): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect(Number(port), hostname.replaceAll(/[[\]]/g, ""));
    socket.setNoDelay(true);
    let sentAt = 0;
    const next = (now: number): void => {
      if (now > endsAt || unsent-- <= 0) return void socket.end(resolve);
      sentAt = now;
      socket.write(bytes);
    };
    socket.on("data", (chunk) => {
      const now = performance.now();
      if (chunk.toString("latin1", 0, expected.length) !== expected) reject(new Error(chunk.toString()));
      times.push(now - sentAt);
      next(now);
    });
    socket.on("error", reject);
    socket.on("connect", () => next(performance.now()));
    await promise;
  };
  await Promise.all(Array.from({ length: connections }, exchange));
  const elapsedMs = performance.now() - startedAt;
  return { count: times.length, elapsedMs, perSecond: (times.length / elapsedMs) * 1000, ...percentiles(times) };
}

/** Of times in milliseconds. */
export function percentiles(times: readonly number[]): { readonly p50Ms: number; readonly p99Ms: number } {
  const sorted = Float64Array.from(times).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on("message", (task: LoadTask) => {
    generate(task).then(
      (load) => process.send?.(load),
      (error: Error) => process.send?.({ error: error.message }),
    );
  });
}
