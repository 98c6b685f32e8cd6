import type { FastifyReply } from "fastify";
import { describe, expect, it, vi } from "vitest";
import { createBatchedReplies } from "../../../src/http/connection/batched-replies.ts";

const replyOf = (send: (body: string) => void) => ({ send, log: { error: vi.fn() } }) as unknown as FastifyReply;

describe("the end of a turn", () => {
  it("sends what was given in the turn, in its order, and nothing twice", async () => {
    const sent: string[] = [];
    const reply = replyOf((body) => sent.push(body));
    const sendBatched = createBatchedReplies();
    for (const body of ["a", "b", "c"]) sendBatched(reply, body);
    expect(sent).toEqual([]);
    await vi.waitFor(() => expect(sent).toEqual(["a", "b", "c"]));
    sendBatched(reply, "d");
    await vi.waitFor(() => expect(sent).toEqual(["a", "b", "c", "d"]));
  });

  it("sends the others when one cannot be sent", async () => {
    const sent: string[] = [];
    const broken = replyOf(() => {
      throw new Error("gone");
    });
    const sendBatched = createBatchedReplies();
    sendBatched(broken, "a");
    sendBatched(
      replyOf((body) => sent.push(body)),
      "b",
    );
    await vi.waitFor(() => expect(sent).toEqual(["b"]));
    expect(broken.log.error).toHaveBeenCalledOnce();
  });
});
