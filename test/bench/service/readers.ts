/** A thousand WebSocket readers on one live job: each epoch comes to each of them once, and this late. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { WebSocket } from "ws";
import type { JobSpec } from "../../../src/client/answers.ts";
import { type Service, whole } from "./bench.ts";
import { percentiles } from "./load.ts";
import { startPeer } from "./peer.ts";

const READERS = 1000;
const SECONDS = 10;
/** Sockets that are opened at a time. */
const OPENING = 50;

/** Some hundred epochs a second: what is measured is the way to the readers, not how much JSON fits through a socket. */
const MODERATE: JobSpec = {
  data: { generator: { type: "moons", samples: 2000, noise: 0.1, seed: 7 } },
  model: { layers: [{ type: "linear", units: 128 }, { type: "tanh" }, { type: "linear" }, { type: "sigmoid" }] },
  epochs: 10_000_000,
};

/** What a thousand readers have seen. */
interface Seen {
  /** Messages that each of them got; they all got the same ones. */
  readonly messages: readonly string[];
  /** When each message reached its first reader, in milliseconds since the first message. */
  readonly at: readonly number[];
  /** How much later each message reached each reader, over all of both. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export async function measureReaders({ url, client }: Service): Promise<void> {
  const job = await client.submit(MODERATE);
  for await (const frame of client.watch(job.id)) if (frame.type === "metrics") break;
  const readers = await openReaders(`${url.replace("http", "ws")}/v1/jobs/${job.id}/stream?after=0`);
  await delay(SECONDS * 1000);
  await client.cancel(job.id);
  const ours = await readers.seen();
  const epochs = epochsIn(ours.messages);
  report(
    `${whole(READERS)} readers of a job, ${whole(epochs)} epochs in ${ours.messages.length} frames, each to each reader once`,
    ours,
  );

  const peer = await startPeer("broadcast");
  try {
    const others = await openReaders(`${peer.url.replace("http", "ws")}/broadcast`);
    const startedAt = performance.now();
    // What the readers had in the meantime, at the times at which they had it; the backlog before is not part of it.
    for (const [index, message] of ours.messages.entries()) {
      await delay(Math.max(0, (ours.at[index] as number) - (performance.now() - startedAt)));
      peer.broadcast(message);
    }
    await delay(1000);
    peer.stop();
    report("a bare Fastify that broadcasts the same bytes at the same times", await others.seen());
  } finally {
    peer.stop();
  }
}

function report(what: string, { p50Ms, p99Ms }: Seen): void {
  console.log(
    `${what}: after its first reader a frame reaches the others within ${p50Ms.toFixed(1)} ms (median), ${p99Ms.toFixed(1)} ms (p99)`,
  );
}

/** The number of epochs. Throws unless they come one after the other, from the first on. */
function epochsIn(messages: readonly string[]): number {
  let last = 0;
  for (const message of messages) {
    const frame = JSON.parse(message) as { type: string; from: number; to: number };
    if (frame.type !== "metrics") continue;
    if (frame.from !== last + 1) throw new Error(`epoch ${frame.from} comes after epoch ${last}`);
    last = frame.to;
  }
  return last;
}

/** Opens the readers, in a process of their own. They read until the server closes. */
async function openReaders(address: string): Promise<{ seen(): Promise<Seen> }> {
  const child = fork(fileURLToPath(import.meta.url), [address]);
  await once(child, "message");
  const seen = once(child, "message").then(([message]) => {
    if ("error" in message) throw new Error(message.error);
    return message as Seen;
  });
  return { seen: () => seen };
}

async function read(address: string): Promise<void> {
  /** By the position of the message: its text, and when it came to each reader. */
  const messages: { text: string; firstAt: number; lags: number[] }[] = [];
  const sockets: WebSocket[] = [];
  let wrong = "";
  const openOne = async (): Promise<void> => {
    const socket = new WebSocket(address, { perMessageDeflate: false });
    sockets.push(socket);
    let count = 0;
    socket.on("message", (data) => {
      const now = performance.now();
      const text = String(data);
      const known = messages[count++];
      if (!known) messages.push({ text, firstAt: now, lags: [] });
      else if (known.text !== text) wrong = `two readers got different messages at position ${count}`;
      else known.lags.push(now - known.firstAt);
    });
    await once(socket, "open");
  };
  for (let opened = 0; opened < READERS; opened += OPENING) await Promise.all(Array.from({ length: OPENING }, openOne));
  // Before this moment readers were behind one another because they came one after another.
  const live = messages.length;
  process.send?.("open");
  await Promise.all(sockets.map((socket) => once(socket, "close")));
  const short = messages.find(({ lags }) => lags.length !== READERS - 1);
  if (short) wrong ||= `a message reached ${short.lags.length + 1} readers of ${READERS}`;
  if (wrong) return void process.send?.({ error: wrong });
  const start = messages[live]?.firstAt ?? 0;
  const seen: Seen = {
    messages: messages.map(({ text }) => text),
    at: messages.map(({ firstAt }) => Math.max(0, firstAt - start)),
    ...percentiles(messages.slice(live).flatMap(({ lags }) => lags)),
  };
  // What was said is some megabytes: it is on its way for a while.
  process.send?.(seen, () => process.disconnect());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await read(process.argv[2] as string);
