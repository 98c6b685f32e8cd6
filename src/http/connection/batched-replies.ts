/**
 * Answers that are ready, sent together at the end of the event loop's turn: first all requests that have come are computed,
 * then all answers are written. A peer that was woken by the first finds the others there, and each of the two kinds of work
 * stays in the processor's caches. Knows nothing of what is sent.
 */
import type { FastifyReply } from "fastify";

/** Sends a body, when the requests that came with this one have been looked at. */
export type SendBatched = (reply: FastifyReply, body: string) => void;

interface Waiting {
  readonly reply: FastifyReply;
  readonly body: string;
}

/** Nothing waits longer than the turn in which it was given. */
export function createBatchedReplies(): SendBatched {
  let waiting: Waiting[] = [];
  const sendAll = (): void => {
    const all = waiting;
    waiting = [];
    for (const { reply, body } of all) {
      try {
        reply.send(body);
      } catch (err) {
        // One that cannot be sent keeps no other back.
        reply.log.error({ err }, "an answer cannot be sent");
      }
    }
  };
  return (reply, body) => {
    if (waiting.length === 0) setImmediate(sendAll);
    waiting.push({ reply, body });
  };
}
