import { describe, expect, it } from "vitest";
import { freeMemory } from "../../../src/domain/memory/free-memory.ts";

describe("freeing memory", () => {
  it("frees what views fill, of a fixed length or not, and once only", () => {
    const fixed = new Float32Array(4);
    const grown = new Uint8Array(new ArrayBuffer(8, { maxByteLength: 16 }));
    freeMemory(fixed, grown, null, undefined);
    freeMemory(fixed);
    expect([fixed.buffer.detached, grown.buffer.detached]).toEqual([true, true]);
  });

  it("leaves a part of a buffer, whose other parts may be used, and what threads share", () => {
    const whole = new Uint8Array(4);
    const shared = new Uint8Array(new SharedArrayBuffer(4));
    freeMemory(whole.subarray(1), shared);
    expect([whole.buffer.detached, shared.byteLength]).toEqual([false, 4]);
  });
});
