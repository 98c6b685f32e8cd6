/** Predict a batch: a stream of rows to a stream of predictions, a block at a time, however many there are. */
import { TrainyardError } from "../../domain/errors.ts";
import type { Model } from "../../domain/models/model.ts";
import { type BatchOptions, type CsvReading, MAX_BATCH_ROW_BYTES } from "../../domain/models/prediction.ts";
import type { ProjectServices } from "../services.ts";
import { findModel } from "./find-model.ts";
import { lineBlocks } from "./line-blocks.ts";
import { checkTopK, weightsOf } from "./predict.ts";

/** Rows of a block at most, and numbers that come out of it, about: a few milliseconds of a thread, a few megabytes of text. */
const BLOCK_ROWS = 8192;
const BLOCK_OUTPUTS = 65_536;

/**
 * The answer in the format of the rows, read as it is asked for: no block is read before the one before it was taken. Its
 * first piece is there already: what is wrong with the first block, the reference or the options is thrown, as not_found,
 * malformed, invalid or too_large. What is wrong later is thrown by the iteration, with its line.
 */
export async function predictBatch(
  services: ProjectServices,
  ref: string,
  rows: AsyncIterable<Uint8Array>,
  options: BatchOptions,
): Promise<AsyncGenerator<Uint8Array, void, void>> {
  const model = await findModel(services, ref);
  if (options.topK !== null) checkTopK(model);
  const pieces = predictBlocks(services, model, rows, options);
  const first = await pieces.next();
  return resumed(first, pieces);
}

async function* resumed(
  first: IteratorResult<Uint8Array, void>,
  rest: AsyncGenerator<Uint8Array, void, void>,
): AsyncGenerator<Uint8Array, void, void> {
  if (first.done) return;
  yield first.value;
  yield* rest;
}

async function* predictBlocks(
  { store, computePool }: ProjectServices,
  model: Model,
  rows: AsyncIterable<Uint8Array>,
  options: BatchOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const maxRows = Math.min(BLOCK_ROWS, Math.max(1, Math.floor(BLOCK_OUTPUTS / model.outputWidth)));
  const blocks = lineBlocks(rows, { quotes: options.format === "csv", maxRows, maxRowBytes: MAX_BATCH_ROW_BYTES });
  let reading: CsvReading | null = null;
  let isEmpty = true;
  for await (const block of blocks) {
    const reply = await computePool.predictBatch(model, { ...block, reading }, options, () => weightsOf(store, model.id));
    if (!reply.ok) throw new TrainyardError(reply.code, reply.detail, [{ pointer: "", detail: reply.detail }]);
    reading = reply.reading;
    if (reply.bytes.length === 0) continue;
    isEmpty = false;
    yield reply.bytes;
  }
  if (isEmpty) throw new TrainyardError("malformed", "the body has no rows");
}
