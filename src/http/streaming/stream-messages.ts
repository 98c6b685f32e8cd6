/** Messages of the stream of many jobs: those of its reader, and those of the server besides the frames of jobs. */
import { z } from "zod";
import type { JobNews } from "../../app/jobs/watch-jobs.ts";
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { fieldErrors } from "../../domain/spec/spec-errors.ts";
import { problem } from "../errors/problem.ts";
import { jobAnswer, streamFrame } from "../openapi/response-schemas.ts";
import { representListedJob } from "../openapi/serializers.ts";

const job = z.string().max(100);
const topic = z.literal("jobs");

/** What a reader may send. */
const streamCommand = z.union([
  z.strictObject({ type: z.literal("subscribe"), job, after: z.int().min(0).default(0) }),
  z.strictObject({ type: z.literal("subscribe"), topic }),
  z.strictObject({ type: z.literal("unsubscribe"), job }),
  z.strictObject({ type: z.literal("unsubscribe"), topic }),
]);
export type StreamCommand = z.output<typeof streamCommand>;

/** What a reader receives. */
export const streamMessage = z.union([
  streamFrame,
  z.object({ type: z.literal("subscribed"), topic }),
  z.object({ type: z.literal("job"), job: jobAnswer }),
  z.object({ type: z.literal("removed"), id: z.string() }),
  z.object({ type: z.literal("error"), job: z.string().nullable(), problem }),
]);
export type StreamMessage = z.output<typeof streamMessage>;

/** Parses a reader's message; null is a binary one. Throws malformed, or invalid with what is wrong. */
export function parseCommand(text: Uint8Array | null): StreamCommand {
  if (!text) throw new TrainyardError("malformed", "messages are JSON text, not binary");
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString());
  } catch (error) {
    throw new TrainyardError("malformed", `the message is not JSON: ${(error as Error).message}`);
  }
  const parsed = streamCommand.safeParse(value);
  if (!parsed.success) throw invalid(fieldErrors(parsed.error));
  return parsed.data;
}

const encoder = new TextEncoder();

/** A message on the wire. */
export function encodeMessage(message: StreamMessage): Uint8Array {
  return encoder.encode(JSON.stringify(message));
}

const encoded = new WeakMap<JobNews, Uint8Array>();

/** A change of a job on the wire. All readers of one change share the bytes. */
export function encodeNews(news: JobNews): Uint8Array {
  const known = encoded.get(news);
  if (known) return known;
  const json = encodeMessage(
    news.type === "job" ? { type: "job", job: representListedJob(news.reading) } : { type: "removed", id: news.id },
  );
  encoded.set(news, json);
  return json;
}
