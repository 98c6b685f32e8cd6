import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packTensors } from "../../../src/domain/tensor.ts";
import { encodeSafetensors } from "../../../src/formats/safetensors/safetensors.ts";

const shape = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 4 });
const tensors = fc.uniqueArray(
  fc.record({ name: fc.string({ minLength: 1 }).filter((name) => !name.startsWith("__")), shape }),
  { selector: ({ name }) => name, maxLength: 5 },
);

function read(chunks: Iterable<Uint8Array>) {
  const bytes = Buffer.concat([...chunks]);
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + length)) as Record<string, never>;
  return { bytes, header: new Map<string, unknown>(Object.entries(header)), values: bytes.subarray(8 + length), length };
}

describe("a safetensors file", () => {
  it("has every tensor at its offsets, end to end, after a header of whole 8 bytes", () => {
    fc.assert(
      fc.property(tensors, (entries) => {
        const set = packTensors(
          entries.map(({ name, shape: sizes }) => {
            const count = sizes.reduce((product, size) => product * size, 1);
            return { name, shape: sizes, values: Float32Array.from({ length: count }, (_, index) => index + 0.5) };
          }),
        );
        const { bytes, header, values, length } = read(encodeSafetensors(set).pieces);
        expect(length % 8).toBe(0);
        expect(bytes.length).toBe(encodeSafetensors(set).size);
        expect(header.size).toBe(entries.length);
        let offset = 0;
        for (const entry of entries) {
          const end = offset + entry.shape.reduce((product, size) => product * size, 1) * 4;
          expect(header.get(entry.name)).toEqual({ dtype: "F32", shape: entry.shape, data_offsets: [offset, end] });
          for (let at = offset; at < end; at += 4) expect(values.readFloatLE(at)).toBe((at - offset) / 4 + 0.5);
          offset = end;
        }
        expect(values.length).toBe(offset);
      }),
    );
  });

  it("comes in chunks, whose bytes are those of the whole", () => {
    const set = packTensors([{ name: "0.weight", shape: [500, 1000], values: new Float32Array(500_000).fill(1.5) }]);
    const chunks = [...encodeSafetensors(set, { format: "pt" }).pieces];
    expect(chunks.length).toBeGreaterThan(4);
    const { header, values } = read(chunks);
    expect(header.get("__metadata__")).toEqual({ format: "pt" });
    expect(values.length).toBe(2_000_000);
  });
});
