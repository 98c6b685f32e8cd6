/** Named float32 tensors in one contiguous buffer: the format of rows and weights between threads and in the store. */

export interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
}

/** `data` has the row-major values of each entry, contiguous and in the order of `entries`. */
export interface TensorSet {
  readonly entries: readonly TensorEntry[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** The number of elements of a shape: 1 for the scalar shape []. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Packs tensors into one buffer. Each tensor must have as many values as its shape. */
export function packTensors(tensors: readonly (TensorEntry & { readonly values: ArrayLike<number> })[]): TensorSet {
  const data = new Float32Array(tensors.reduce((total, { shape }) => total + elementCount(shape), 0));
  let offset = 0;
  for (const { shape, values } of tensors) {
    data.set(values, offset);
    offset += elementCount(shape);
  }
  return { entries: tensors.map(({ name, shape }) => ({ name, shape })), data };
}

/** Returns views of the tensors by name, without copying. */
export function unpackTensors(set: TensorSet): Map<string, Float32Array<ArrayBuffer>> {
  const views = new Map<string, Float32Array<ArrayBuffer>>();
  let offset = 0;
  for (const { name, shape } of set.entries) {
    const size = elementCount(shape);
    views.set(name, set.data.subarray(offset, offset + size));
    offset += size;
  }
  return views;
}

/** Returns a set of tensors followed by others. */
export function appendTensors(set: TensorSet, others: Parameters<typeof packTensors>[0]): TensorSet {
  const values = unpackTensors(set);
  return packTensors([...set.entries.map((entry) => ({ ...entry, values: values.get(entry.name) ?? [] })), ...others]);
}
