import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectBody, TURN_BYTES } from "../../../src/http/connection/body-bytes.ts";

describe("the bytes of a body", () => {
  it("are those that came, in a buffer of their own that they fill, however they were cut and announced", async () => {
    const length = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 2 * TURN_BYTES }));
    const sizes = fc.array(length, { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.constantFrom(0, 1, -1, Number.POSITIVE_INFINITY), async (lengths, wrong) => {
        const chunks = lengths.map((length, at) => new Uint8Array(length).fill(at + 1));
        const all = Buffer.concat(chunks);
        const body = collectBody(all.length + wrong);
        for (const chunk of chunks) body.add(chunk);
        const whole = await body.whole();
        expect(Buffer.compare(whole, all)).toBe(0);
        expect(whole.buffer.byteLength).toBe(all.length);
      }),
      { numRuns: 50 },
    );
  });

  it("take a turn of the event loop for each block", async () => {
    const body = collectBody(Number.POSITIVE_INFINITY);
    for (let at = 0; at < 8; at++) body.add(new Uint8Array(TURN_BYTES));
    let turns = 0;
    const count = (): void => {
      turns += 1;
      setImmediate(count).unref();
    };
    setImmediate(count).unref();
    await body.whole();
    expect(turns).toBeGreaterThanOrEqual(7);
  });
});
