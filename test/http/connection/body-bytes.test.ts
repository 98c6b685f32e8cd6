import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { readBody } from "../../../src/http/connection/body.ts";
import { collectBody, TURN_BYTES } from "../../../src/http/connection/body-bytes.ts";

const LIMIT = 16 * TURN_BYTES;

describe("the bytes of a body", () => {
  it("are those that came, in a buffer of their own that they fill, however they were cut and announced", async () => {
    const length = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 2 * TURN_BYTES }));
    const sizes = fc.array(length, { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom(0, 1, -1, Number.POSITIVE_INFINITY), async (lengths, wrong) => {
        const chunks = lengths.map((length, at) => new Uint8Array(length).fill(at + 1));
        const all = Buffer.concat(chunks);
        const body = collectBody(all.length + wrong, LIMIT);
        for (const chunk of chunks) body.add(chunk);
        const whole = await body.whole();
        expect(Buffer.compare(whole, all)).toBe(0);
        expect(whole.buffer.byteLength).toBe(all.length);
      }),
      { numRuns: 50 },
    );
  });

  it("are copied once: a long body is the memory into which its chunks were copied", async () => {
    const body = collectBody(Number.POSITIVE_INFINITY, LIMIT);
    body.add(new Uint8Array(TURN_BYTES));
    const early = body.whole();
    for (let at = 1; at < 8; at++) body.add(new Uint8Array(TURN_BYTES).fill(at));
    const { buffer } = body.whole();
    expect(buffer).toBe(early.buffer);
    expect(buffer.byteLength).toBe(8 * TURN_BYTES);
  });

  it("take no memory for what was announced", () => {
    const body = collectBody(LIMIT, LIMIT);
    body.add(new Uint8Array(1));
    expect(body.whole().buffer.byteLength).toBe(1);
  });

  it("can be transferred to a thread, and freed", () => {
    const body = collectBody(TURN_BYTES, LIMIT);
    body.add(new Uint8Array(TURN_BYTES).fill(7));
    const whole = body.whole();
    expect(structuredClone(whole, { transfer: [whole.buffer] })).toEqual(new Uint8Array(TURN_BYTES).fill(7));
    expect(whole.byteLength).toBe(0);
    const discarded = collectBody(TURN_BYTES, LIMIT);
    discarded.add(new Uint8Array(TURN_BYTES));
    const { buffer } = discarded.whole();
    discarded.discard();
    expect(buffer.detached).toBe(true);
  });
});

describe("a body from a connection", () => {
  it("is taken a bounded part a turn, and its chunks are freed", async () => {
    const chunks = Array.from({ length: 32 }, () => new Uint8Array(TURN_BYTES / 4).fill(3));
    const request = new IncomingMessage(new Socket());
    const pause = vi.spyOn(request, "pause");
    for (const chunk of chunks) request.push(chunk);
    request.push(null);
    const asked = { raw: request, routeOptions: { bodyLimit: LIMIT } } as unknown as Parameters<typeof readBody>[0];
    expect((await readBody(asked, request)).length).toBe(8 * TURN_BYTES);
    // The first chunk may be the whole of a short body.
    expect(pause.mock.calls.length).toBe(7);
    expect(chunks.filter(({ length }) => length > 0)).toHaveLength(1);
  });
});
