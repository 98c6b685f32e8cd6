/**
 * The reader of untrusted safetensors files (huggingface/safetensors, "Format"). Checks every length and offset before use,
 * requires contiguous tensors, and allocates memory only for data that is present.
 */
import { invalid, pointerOf, TrainyardError } from "../../domain/errors.ts";
import { elementCount, type TensorEntry, type TensorSet } from "../../domain/tensor.ts";
import { type Header, HeaderError, parseHeader, type TensorHeader } from "./safetensors-header.ts";

/**
 * Longest header that is accepted: a hundred times that of the deepest network.
 *
 * @internal Exported for a test at the limit.
 */
export const MAX_HEADER_BYTES = 4 * 1024 * 1024;
/** Bytes of the length field before the header. */
const LENGTH_BYTES = 8;
const MAX_DIMENSIONS = 8;
/** Longest name or type in an error message, and most errors in one response. */
const SHOWN = 100;

/** The supported element types, with their sizes and readers. */
const TYPES: ReadonlyMap<string, { readonly bytes: number; readonly read: (view: DataView, offset: number) => number }> =
  new Map([
    ["F32", { bytes: 4, read: (view, offset) => view.getFloat32(offset, true) }],
    ["F64", { bytes: 8, read: (view, offset) => view.getFloat64(offset, true) }],
  ]);

export interface SafetensorsFile {
  /** The file's `__metadata__`. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The tensors in file order. F64 is rounded to float32. */
  readonly tensors: TensorSet;
}

/** Selects tensors to ignore, whatever their type. */
export type Skip = (name: string) => boolean;

/**
 * Decodes the tensors of a file. Throws a TrainyardError: `malformed` if it is not a complete safetensors file, `invalid` if it
 * has tensors of types other than F32 and F64.
 */
export function decodeSafetensors(file: Uint8Array, skip: Skip = () => false): SafetensorsFile {
  const { text, start } = headerOf(file);
  const { metadata, tensors } = parse(text);
  const ordered = [...tensors].sort(([, a], [, b]) => a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1]);
  const wanted = ordered.filter(([name]) => !skip(name));
  const errors = wanted.flatMap(([name, { dtype }]) =>
    TYPES.has(dtype)
      ? []
      : [{ pointer: pointerOf([name.slice(0, SHOWN), "dtype"]), detail: `${shown(dtype)} is not supported: use F32 or F64` }],
  );
  checkLayout(ordered, file.length - start);
  if (errors.length > 0) throw invalid(errors.slice(0, SHOWN));
  return { metadata, tensors: readTensors(file, start, wanted) };
}

function headerOf(file: Uint8Array): { text: string; start: number } {
  if (file.length < LENGTH_BYTES) throw malformed(`it has ${file.length} bytes, too few for the length of a header`);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw malformed(`its header has ${length} bytes; at most ${MAX_HEADER_BYTES} are read`);
  const start = LENGTH_BYTES + Number(length);
  if (start > file.length) throw malformed(`its header has ${length} bytes, and the file ends before that`);
  try {
    return {
      text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(file.subarray(LENGTH_BYTES, start)),
      start,
    };
  } catch {
    throw malformed("its header is not UTF-8");
  }
}

function parse(text: string): Header {
  if (!text.startsWith("{")) throw malformed("its header does not begin with {");
  try {
    return parseHeader(text);
  } catch (error) {
    if (error instanceof HeaderError) throw malformed(error.message);
    throw error;
  }
}

/** Checks that the tensors are contiguous from the first byte to the last: no overlap, no hole, nothing before or after. */
function checkLayout(ordered: readonly (readonly [string, TensorHeader])[], size: number): void {
  let next = 0;
  for (const [name, { dtype, shape, offsets }] of ordered) {
    const [begin, end] = offsets;
    if (end < begin || end > size) throw malformed(`${shown(name)} lies at bytes ${begin} to ${end} of ${size}`);
    if (begin < next) throw malformed(`${shown(name)} overlaps the tensor before it`);
    if (begin > next) throw malformed(`there is a hole of ${begin - next} bytes before ${shown(name)}`);
    if (shape.length > MAX_DIMENSIONS)
      throw malformed(`${shown(name)} has ${shape.length} dimensions; at most ${MAX_DIMENSIONS} are read`);
    const bytes = TYPES.get(dtype)?.bytes;
    // Beyond 2 ** 53 a product is inexact, but then it cannot equal a length in the file either.
    if (bytes !== undefined && elementCount(shape) * bytes !== end - begin)
      throw malformed(`${shown(name)} has ${end - begin} bytes; ${dtype} of shape [${shape.join(", ")}] takes others`);
    next = end;
  }
  if (next !== size) throw malformed(`${size - next} bytes after the last tensor belong to no tensor`);
}

function readTensors(file: Uint8Array, start: number, wanted: readonly (readonly [string, TensorHeader])[]): TensorSet {
  const entries = wanted.map(([name, { shape }]): TensorEntry => ({ name, shape }));
  const data = new Float32Array(entries.reduce((total, { shape }) => total + elementCount(shape), 0));
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  let at = 0;
  for (const [, { dtype, offsets }] of wanted) {
    const { bytes, read } = TYPES.get(dtype) as NonNullable<ReturnType<typeof TYPES.get>>;
    for (let offset = start + offsets[0]; offset < start + offsets[1]; offset += bytes) data[at++] = read(view, offset);
  }
  return { entries, data };
}

function malformed(detail: string): TrainyardError {
  return new TrainyardError("malformed", `the body is not a safetensors file: ${detail}`);
}

function shown(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);
}
