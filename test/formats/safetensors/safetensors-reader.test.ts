import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TrainyardError } from "../../../src/domain/errors.ts";
import { packTensors, unpackTensors } from "../../../src/domain/tensor.ts";
import { encodeSafetensors } from "../../../src/formats/safetensors/safetensors.ts";
import { decodeSafetensors, MAX_HEADER_BYTES } from "../../../src/formats/safetensors/safetensors-reader.ts";

/** A file of a header, as it is, and some bytes of values. */
function fileOf(header: string, valueBytes: number, length = new TextEncoder().encode(header).length): Uint8Array {
  const json = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + json.length + valueBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(json, 8);
  return file;
}

const tensor = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype = "F32") =>
  JSON.stringify({ dtype, shape, data_offsets: [begin, end] });

function refusal(file: Uint8Array): TrainyardError {
  try {
    decodeSafetensors(file);
  } catch (error) {
    if (error instanceof TrainyardError) return error;
    throw error;
  }
  throw new Error("it was read");
}

const name = fc
  .oneof({ weight: 9, arbitrary: fc.string({ minLength: 1, unit: "binary" }) }, fc.constantFrom("__proto__", "constructor"))
  .filter((text) => text !== "__metadata__");
const shape = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });

describe("reading safetensors", () => {
  it("gives back what was written: names, shapes, every bit, and the metadata", () => {
    const tensors = fc.uniqueArray(fc.record({ name, shape }), { selector: (entry) => entry.name, maxLength: 5 });
    const metadata = fc.dictionary(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), { maxKeys: 4 });
    fc.assert(
      fc.property(tensors, metadata, fc.infiniteStream(fc.float()), (entries, text, stream) => {
        const set = packTensors(
          entries.map((entry) => {
            const count = entry.shape.reduce((product, size) => product * size, 1);
            return { ...entry, values: Float32Array.from({ length: count }, () => stream.next().value as number) };
          }),
        );
        const file = Buffer.concat([...encodeSafetensors(set, text).pieces]);
        const read = decodeSafetensors(file);
        expect(Object.fromEntries(read.metadata)).toEqual({ ...text });
        // Empty tensors share their place with another one: their order is not told.
        expect(new Map(read.tensors.entries.map((entry) => [entry.name, entry.shape]))).toEqual(
          new Map(set.entries.map((entry) => [entry.name, entry.shape])),
        );
        expect(read.tensors.data).toEqual(set.data);
      }),
    );
  });

  it("takes tensors in the order of their bytes, whatever the order of their names", () => {
    const file = fileOf(`{"b": ${tensor(0, 4)}, "a": ${tensor(4, 12)}}`, 12);
    new DataView(file.buffer).setFloat32(file.length - 12, 1.5, true);
    new DataView(file.buffer).setFloat32(file.length - 4, -2, true);
    const { tensors } = decodeSafetensors(file);
    expect(Object.fromEntries(unpackTensors(tensors))).toEqual({ b: Float32Array.of(1.5), a: Float32Array.of(0, -2) });
  });

  it("rounds F64 to float32", () => {
    const file = fileOf(`{"w":${tensor(0, 8, [1], "F64")}}`, 8);
    new DataView(file.buffer).setFloat64(file.length - 8, Math.PI, true);
    expect(decodeSafetensors(file).tensors.data).toEqual(Float32Array.of(Math.PI));
  });

  it("takes a scalar, an empty tensor and an empty file", () => {
    const { tensors } = decodeSafetensors(fileOf(`{"scalar":${tensor(0, 4, [])},"none":${tensor(4, 4, [0, 3])}}`, 4));
    expect(tensors.entries).toEqual([
      { name: "scalar", shape: [] },
      { name: "none", shape: [0, 3] },
    ]);
    expect(decodeSafetensors(fileOf("{}", 0)).tensors.entries).toEqual([]);
  });

  it("takes a header that is padded, and one that is escaped", () => {
    const text = `{ "\\u0077" :\t${tensor(0, 4)} , "__metadata__": { "a\\"b": "\\\\" } }   \n`;
    const { tensors, metadata } = decodeSafetensors(fileOf(text, 4));
    expect(tensors.entries).toEqual([{ name: "w", shape: [1] }]);
    expect([...metadata]).toEqual([['a"b', "\\"]]);
  });

  it("treats names of JavaScript's own as names", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"];
    const text = names.map((own, index) => `"${own}":${tensor(index * 4, index * 4 + 4)}`).join();
    const file = fileOf(`{"__metadata__":{"__proto__":"text"},${text}}`, 16);
    const read = decodeSafetensors(file);
    expect(read.tensors.entries.map((entry) => entry.name)).toEqual(names);
    expect([...read.metadata]).toEqual([["__proto__", "text"]]);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  it("leaves out what its reader has no use for, of whatever type", () => {
    const text = `{"0.num_batches_tracked":${tensor(0, 8, [], "I64")},"0.weight":${tensor(8, 12)}}`;
    const skip = (entry: string) => entry.endsWith(".num_batches_tracked");
    expect(decodeSafetensors(fileOf(text, 12), skip).tensors.entries).toEqual([{ name: "0.weight", shape: [1] }]);
    expect(refusal(fileOf(text, 12))).toMatchObject({ code: "invalid", errors: [{ pointer: "/0.num_batches_tracked/dtype" }] });
  });
});

describe("a hostile file", () => {
  const w = tensor(0, 4);
  it.each<[string, Uint8Array, string]>([
    ["of nothing", new Uint8Array(0), "0 bytes"],
    ["of seven bytes", new Uint8Array(7), "7 bytes"],
    ["with a header longer than the file", fileOf("{}", 0, 3), "the file ends before that"],
    ["with a huge header", fileOf("{}", 0, MAX_HEADER_BYTES + 1), "at most"],
    ["with a header of 2^63 bytes", fileOf("{}", 0, 2 ** 63), "at most"],
    ["with an empty header", fileOf("", 0), "does not begin with {"],
    ["with a header that is an array", fileOf("[]", 0), "does not begin with {"],
    ["with a header that begins with a space", fileOf(" {}", 0), "does not begin with {"],
    ["with a header that begins with a byte order mark", fileOf("\ufeff{}", 0), "does not begin with {"],
    ["with a header that is not UTF-8", fileOf("{}", 0).fill(0xff, 9, 10), "not UTF-8"],
    ["with a header that does not end", fileOf(`{"w":${w}`, 4), "expected }"],
    ["with something after its header's end", fileOf(`{"w":${w}}{}`, 4), "expected the end"],
    ["with the same tensor twice", fileOf(`{"w":${w},"w":${w}}`, 4), '"w" twice'],
    ["with the same tensor twice, once escaped", fileOf(`{"w":${w},"\\u0077":${w}}`, 4), '"w" twice'],
    ["with the same field twice", fileOf(`{"w":{"dtype":"F32","dtype":"F64","shape":[1],"data_offsets":[0,4]}}`, 4), "twice"],
    ["with metadata twice", fileOf(`{"__metadata__":{},"__metadata__":{},"w":${w}}`, 4), "twice"],
    ["with the same metadata key twice", fileOf(`{"__metadata__":{"a":"1","a":"2"},"w":${w}}`, 4), '"a" twice'],
    ["with metadata that is no text", fileOf(`{"__metadata__":{"a":1},"w":${w}}`, 4), 'expected "'],
    ["with metadata that is nested", fileOf(`{"__metadata__":{"a":{"b":"c"}},"w":${w}}`, 4), 'expected "'],
    ["with an unknown field", fileOf(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":[]}}`, 4), "does not define"],
    [
      "with a field of JavaScript's own",
      fileOf(`{"w":{"__proto__":[1],"shape":[1],"data_offsets":[0,4]}}`, 4),
      "does not define",
    ],
    ["with a field that Object has", fileOf(`{"w":{"toString":[1],"shape":[1],"data_offsets":[0,4]}}`, 4), "does not define"],
    ["without a type", fileOf(`{"w":{"shape":[1],"data_offsets":[0,4]}}`, 4), "must have dtype"],
    ["without offsets", fileOf(`{"w":{"dtype":"F32","shape":[1]}}`, 4), "must have dtype"],
    ["with three offsets", fileOf(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}`, 8), "two data_offsets"],
    ["with a negative offset", fileOf(`{"w":${tensor(-4, 0, [1])}}`, 4), "whole number"],
    ["with a fraction of an offset", fileOf(`{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4.5]}}`, 4), "whole number"],
    ["with an exponent", fileOf(`{"w":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}`, 4), "whole number"],
    ["with a number that is not exact", fileOf(`{"w":${w.replace("[1]", "[9007199254740993]")}}`, 4), "safe integer"],
    ["with a shape that overflows", fileOf(`{"w":${w.replace("[1]", "[4294967296,4294967296,1]")}}`, 4), "takes others"],
    ["with offsets beyond its end", fileOf(`{"w":${tensor(0, 8)}}`, 4), "bytes 0 to 8 of 4"],
    ["with offsets far beyond its end", fileOf(`{"w":${tensor(0, 2 ** 52, [2 ** 50])}}`, 4), "of 4"],
    ["with offsets the wrong way round", fileOf(`{"w":${tensor(4, 0, [1])}}`, 4), "bytes 4 to 0"],
    ["with overlapping tensors", fileOf(`{"a":${tensor(0, 8)},"b":${tensor(4, 12)}}`, 12), '"b" overlaps'],
    ["with two tensors in one place", fileOf(`{"a":${tensor(0, 4)},"b":${tensor(0, 4)}}`, 4), "overlaps"],
    ["with a hole", fileOf(`{"a":${tensor(0, 4)},"b":${tensor(8, 12)}}`, 12), "hole of 4 bytes"],
    ["with a hole at the start", fileOf(`{"a":${tensor(4, 8)}}`, 8), "hole of 4 bytes"],
    ["with bytes after the last tensor", fileOf(`{"a":${tensor(0, 4)}}`, 8), "belong to no tensor"],
    ["with bytes and no tensor", fileOf("{}", 4), "belong to no tensor"],
    ["whose shape does not fit its bytes", fileOf(`{"w":${tensor(0, 8, [3])}}`, 8), "takes others"],
    ["that says float64 of float32", fileOf(`{"w":${tensor(0, 4, [1], "F64")}}`, 4), "takes others"],
    ["of nine dimensions", fileOf(`{"w":${tensor(0, 4, [1, 1, 1, 1, 1, 1, 1, 1, 1])}}`, 4), "9 dimensions"],
    ["nested a hundred thousand deep", fileOf(`{"w":${"[".repeat(1e5)}`, 4), "expected {"],
    ["nested within a shape", fileOf(`{"w":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}}`, 4), "whole number"],
    ["with a string that does not end", fileOf(`{"${"w".repeat(1e6)}`, 4), 'expected "'],
    ["with a control character in a name", fileOf(`{"w\u0001":${w}}`, 4), "a string"],
  ])("%s is malformed", (_, file, detail) => {
    expect(refusal(file)).toMatchObject({ code: "malformed", message: expect.stringContaining(detail) });
  });

  it("of other types of numbers is refused by the names of all of them", () => {
    const text = `{"a":${tensor(0, 2, [1], "BF16")},"b":${tensor(2, 4, [1], "F16")},"c":${tensor(4, 8)}}`;
    expect(refusal(fileOf(text, 8))).toMatchObject({
      code: "invalid",
      errors: [
        { pointer: "/a/dtype", detail: expect.stringContaining("BF16") },
        { pointer: "/b/dtype", detail: expect.stringContaining("F16") },
      ],
    });
  });

  it("never costs more than its own size, nor anything else than a refusal: any bytes, any damage to a good file", () => {
    const good = Buffer.concat([
      ...encodeSafetensors(packTensors([{ name: "0.weight", shape: [2, 2], values: [1, 2, 3, 4] }]), { format: "pt" }).pieces,
    ]);
    const damaged = fc
      .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => changes.reduce((file, [at, value]) => file.fill(value, at, at + 1), Uint8Array.from(good)));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (file) => {
        try {
          decodeSafetensors(file);
        } catch (error) {
          expect(error).toBeInstanceOf(TrainyardError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
