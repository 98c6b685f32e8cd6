/** Reads the tensors of a safetensors file from the server: a length, a JSON header, and the bytes. */

export interface ReadTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Returns the float32 tensors of a file, in the order of their bytes. Throws an Error when the file is not safetensors. */
export function readSafetensors(buffer: ArrayBuffer): ReadTensor[] {
  const view = new DataView(buffer);
  const length = Number(view.getBigUint64(0, true));
  if (8 + length > buffer.byteLength) throw new Error("the weights are not a whole safetensors file: the header is cut off");
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length))) as Record<
    string,
    { readonly dtype: string; readonly shape: number[]; readonly data_offsets: [number, number] }
  >;
  return Object.entries(header)
    .filter(([name, { dtype }]) => name !== "__metadata__" && dtype === "F32")
    .sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0])
    .map(
      ([
        name,
        {
          shape,
          data_offsets: [start, end],
        },
      ]) => ({
        name,
        shape,
        // Copied, since the header may leave the bytes unaligned.
        values: new Float32Array(buffer.slice(8 + length + start, 8 + length + end)),
      }),
    );
}
