/** Named float32 tensors laid end to end: the form in which rows and weights travel between threads and rest in the store. */

export interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
}

/** `data` holds each entry's values, row-major, one after another in the order of `entries`. */
export interface TensorSet {
  readonly entries: readonly TensorEntry[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** The number of elements of a shape: 1 for the scalar shape []. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Lays tensors end to end. Each tensor's values fill its shape. */
export function packTensors(tensors: readonly (TensorEntry & { readonly values: ArrayLike<number> })[]): TensorSet {
  const data = new Float32Array(tensors.reduce((total, { shape }) => total + elementCount(shape), 0));
  let offset = 0;
  for (const { shape, values } of tensors) {
    data.set(values, offset);
    offset += elementCount(shape);
  }
  return { entries: tensors.map(({ name, shape }) => ({ name, shape })), data };
}

/** Views of a set's tensors by name, without a copy. */
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
