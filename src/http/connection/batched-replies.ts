/**
 * Sends ready answers together at the end of a turn of the event loop: all requests that have arrived are computed first,
 * then all answers are written. A peer that the first answer wakes finds the others there, and each of the two kinds of work
 * stays in the processor's caches. Knows nothing of what is sent.
 */
import type { FastifyReply } from "fastify";

/** Sends a body once the requests that arrived together with this one have been handled. */
export type SendBatched = (reply: FastifyReply, body: string) => void;

interface Waiting {
  readonly reply: FastifyReply;
  readonly body: string;
}

/** Creates the sender of a server. An answer waits no longer than the turn in which it was given. */
export function createBatchedReplies(): SendBatched {
  let waiting: Waiting[] = [];
  const sendAll = (): void => {
    const all = waiting;
    waiting = [];
    for (const { reply, body } of all) {
      try {
        reply.send(body);
      } catch (err) {
        // An answer that cannot be sent does not stop the others.
        reply.log.error({ err }, "cannot send an answer");
      }
    }
  };
  return (reply, body) => {
    if (waiting.length === 0) setImmediate(sendAll);
    waiting.push({ reply, body });
  };
}
