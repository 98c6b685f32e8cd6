/**
 * The min-max index of a long run: for each window, the epochs that a chart may need. Downsampling (downsampling.ts) chooses the
 * same epochs from the index as from all epochs, so that a chart of a thousand points does not read a million epochs.
 */
import { addExtremes, BLOCK_EPOCHS, pickRows, type SampledChunk, seriesIn } from "./downsampling.ts";
import { decodeChunk, encodeChunk, type MetricChunk, type Series } from "./metric.ts";

/** Epochs of a window: the first window is 1..WINDOW_EPOCHS. A window is a whole number of blocks. */
const WINDOW_EPOCHS = 32 * BLOCK_EPOCHS;

/** Returns the windows within `from`..`to`: the position of the first, and of the one after the last. */
export function windowsWithin(from: number, to: number): { readonly start: number; readonly end: number } {
  return { start: Math.ceil((from - 1) / WINDOW_EPOCHS), end: Math.floor(to / WINDOW_EPOCHS) };
}

/** Returns the first and last epoch of the window at a position. */
export function windowAt(position: number): { readonly from: number; readonly to: number } {
  return { from: position * WINDOW_EPOCHS + 1, to: (position + 1) * WINDOW_EPOCHS };
}

/** Returns the index of a window: its first and last epoch, and the epochs of each column's extremes in each block. `chunks` cover it. */
export function minMaxEpochs(chunks: readonly MetricChunk[], { from, to }: { from: number; to: number }): SampledChunk {
  const chosen = new Set([from, to]);
  const names = seriesIn(chunks);
  for (let start = from; start <= to; start += BLOCK_EPOCHS) {
    for (const name of names) addExtremes(chosen, chunks, name, start, Math.min(start + BLOCK_EPOCHS - 1, to));
  }
  const epochs = Float64Array.from(chosen).sort();
  const series = Object.fromEntries(names.map((name) => [name, Float64Array.from(pickRows(chunks, name, epochs))]));
  return { from, to, epochs, series };
}

/** Clips a chunk to `from`..`to`, which it must overlap. Shares its memory. */
export function clipped(chunk: MetricChunk, from: number, to: number): MetricChunk {
  const [first, last] = [Math.max(from, chunk.from), Math.min(to, chunk.to)];
  if (first === chunk.from && last === chunk.to) return chunk;
  const columns = Object.entries(chunk.series) as [Series, Float64Array<ArrayBuffer>][];
  const cut = columns.map(([name, column]) => [name, column.subarray(first - chunk.from, last - chunk.from + 1)]);
  return { from: first, to: last, series: Object.fromEntries(cut) };
}

/** Encodes an index entry for the store: the number of epochs, the epochs, then the columns in the format of a chunk. */
export function encodeMinMax({ epochs, series }: SampledChunk): Uint8Array<ArrayBuffer> {
  const columns = encodeChunk({ from: 1, to: epochs.length, series });
  const bytes = new Uint8Array(8 + epochs.byteLength + columns.byteLength);
  new DataView(bytes.buffer).setUint32(0, epochs.length, true);
  bytes.set(new Uint8Array(epochs.buffer, epochs.byteOffset, epochs.byteLength), 8);
  bytes.set(columns, 8 + epochs.byteLength);
  return bytes;
}

/** Decodes the index entry of the window `from`..`to` that `encodeMinMax` encoded. */
export function decodeMinMax(from: number, to: number, bytes: Uint8Array): SampledChunk {
  const count = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const epochs = new Float64Array(bytes.slice(8, 8 + count * 8).buffer);
  return { from, to, epochs, series: decodeChunk(1, count, bytes.subarray(8 + count * 8)).series };
}
