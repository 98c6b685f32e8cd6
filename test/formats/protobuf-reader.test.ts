import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TrainyardError } from "../../src/domain/errors.ts";
import { bytes, double, integer, join, message, nested, string } from "../../src/formats/protobuf.ts";
import { type MessageType, readMessage } from "../../src/formats/protobuf-reader.ts";

const entry: MessageType = { 1: { name: "key", kind: "text" }, 2: { name: "value", kind: "integer" } };
const type: MessageType = {
  1: { name: "title", kind: "text" },
  2: { name: "open", kind: "bool" },
  3: { name: "weight", kind: "double" },
  4: { name: "entries", kind: entry, isRepeated: true },
  5: { name: "sizes", kind: "elements" },
  6: { name: "blobs", kind: "bytes", isRepeated: true },
  7: { name: "deep", kind: { 1: { name: "entry", kind: entry } } },
};
const BOUNDS = { fields: 1000, cure: "send less" };
const read = (encoded: Uint8Array, bounds = BOUNDS) => readMessage(type, encoded, bounds);

describe("a message", () => {
  it("is read as it was written", () => {
    const anEntry = fc.record({ key: fc.string(), value: fc.maxSafeInteger() });
    const whole = fc.record({
      title: fc.string({ unit: "binary" }),
      open: fc.boolean(),
      weight: fc.double(),
      entries: fc.array(anEntry, { minLength: 1, maxLength: 5 }),
      blobs: fc.array(fc.uint8Array(), { minLength: 1, maxLength: 3 }),
    });
    fc.assert(
      fc.property(whole, ({ title, open, weight, entries, blobs }) => {
        const encoded = join(
          message(
            ...[string(1, title), integer(2, open ? 1 : 0), double(3, weight)],
            ...entries.map(({ key, value }) => nested(4, message(string(1, key), integer(2, value)))),
            ...blobs.map((blob) => bytes(6, new Uint8Array(blob))),
          ),
        );
        const answer = read(encoded);
        expect({ ...answer, blobs: (answer.blobs as Uint8Array[]).map((blob) => [...blob]) }).toEqual({
          ...{ title: Buffer.from(title).toString(), open, weight, entries },
          blobs: blobs.map((blob) => [...blob]),
        });
      }),
    );
  });

  it("has the encoded values of a repeated number, packed or not, and skips fields that it does not know", () => {
    const encoded = join(message(integer(5, 300), bytes(5, Uint8Array.of(1, 2)), string(90, "new"), double(91, 1)));
    const { sizes, ...others } = read(encoded) as { readonly sizes: readonly Uint8Array[] };
    expect(sizes.map((piece) => [...piece])).toEqual([
      [0xac, 0x02],
      [1, 2],
    ]);
    expect(others).toEqual({});
  });

  it("is refused with what is wrong where its bytes are none", () => {
    const faults: readonly [encoded: readonly number[], words: string][] = [
      [[0x0a, 5, 65], "ends within a field"],
      [[0x80], "ends within a number"],
      [[0x0a, 1, 0xff], "a text that is not UTF-8"],
      [[0x09, 0, 0, 0, 0, 0, 0, 0, 0], "title in wire type 1 instead of 2"],
      [[0x0b], "wire type 3"],
      [[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f], "above 2^53"],
      [Array(11).fill(0x80), "more than 64 bits"],
    ];
    for (const [encoded, words] of faults) expect(() => read(Uint8Array.from(encoded)), words).toThrow(words);
    const many = join(message(...Array.from({ length: 11 }, () => nested(4, integer(2, 1)))));
    expect(() => read(many, { fields: 20, cure: "send less" })).toThrow(
      "more than 20 fields, where a message within it counts as 4: send less",
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (encoded) => {
        try {
          read(encoded);
        } catch (error) {
          expect(error).toBeInstanceOf(TrainyardError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
