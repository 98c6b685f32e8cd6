/** Predicts a stream of rows of any length: reads bytes of rows and yields bytes of predictions, block by block. */
import { TrainyardError } from "../../domain/errors.ts";
import { assertExplainable, type ExplainRequest, explainedAtATime } from "../../domain/explanations/explanation.ts";
import type { AnswerOptions } from "../../domain/models/answer-options.ts";
import type { BatchFormat } from "../../domain/models/batch-trailer.ts";
import type { Model } from "../../domain/models/model.ts";
import {
  assertPredictable,
  type BlockReply,
  type CsvReading,
  type DocumentFormat,
  type DocumentOptions,
  MAX_BATCH_ROW_BYTES,
  type RowBlock,
  type StreamOptions,
} from "../../domain/models/prediction.ts";
import { createRemarkCollector, remarkNotes } from "../../domain/models/remarks.ts";
import { MAX_KEPT_ROWS, MAX_KEPT_STREAM_ROWS } from "../../domain/monitoring/requests.ts";
import type { Note } from "../../domain/notes.ts";
import { assertKeepable, keepAnswers } from "../monitoring/feedback.ts";
import type { ProjectServices } from "../services.ts";
import { readBackground } from "./background.ts";
import { measured } from "./explain.ts";
import { findModel, readWeights } from "./find-model.ts";
import { lineBlocks } from "./line-blocks.ts";

/** How the lines of a stream are parsed and answered. */
export type LineOptions = StreamOptions & { readonly format: BatchFormat };

/** Maximum rows of a block, and approximate maximum of its outputs: a few milliseconds of a thread, a few megabytes of text. */
const BLOCK_ROWS = 8192;
const BLOCK_OUTPUTS = 65_536;

/**
 * Returns the answer in the format of the rows, computed on demand: no block is read before the consumer has taken the previous
 * one. The first block is computed before this resolves, so errors in the first block, the reference or the options are
 * thrown from here, as not_found, malformed, invalid or too_large. The iteration throws later errors, with their line, and
 * returns notes on odd rows.
 */
export async function predictStream(
  services: ProjectServices,
  ref: string,
  rows: AsyncIterable<Uint8Array>,
  { explain, keepAs = null, ...options }: Omit<LineOptions, "explain" | "keeps"> & Keeping & Explaining,
): Promise<AsyncGenerator<Uint8Array, readonly Note[], void>> {
  const model = await findModel(services, ref);
  if (keepAs !== null) assertKeepable(model, 0);
  assertPredictable(model, { rows: null, ...options }, services.limits.predictRows);
  const explained = explain ? await explainedAs(services, model, explain) : null;
  const pieces = predictBlocks(services, model, rows, { ...options, explain: explained }, keepAs);
  const first = await pieces.next();
  return prepend(first, pieces);
}

/** The id under which the answers are stored for feedback. Null or left out: they are not stored. */
interface Keeping {
  readonly keepAs?: string | null;
}

interface Explaining {
  readonly explain?: ExplainRequest | null;
}

/** What each block of an explained stream needs. */
async function explainedAs(services: ProjectServices, model: Model, request: ExplainRequest) {
  assertExplainable(measured(services, model), 1, request);
  const { background } = request;
  if (!("count" in background)) throw new Error("a stream brings no background rows");
  return { request, background: await readBackground(services, model, background, "/explain/background") };
}

/**
 * Predicts a large body, in our format or another server's protocol: parses and answers it in a thread. Returns the answer in UTF-8; for a
 * protocol, also what goes outside of its body. `asked` is used where the body says nothing itself. The caller must not use the body
 * afterwards: it is transferred to the thread. Throws what `predictRows` throws, and malformed.
 */
export async function predictDocument(
  services: ProjectServices,
  model: Model,
  body: Uint8Array<ArrayBuffer>,
  { keepAs = null, ...asked }: DocumentRequest & Keeping,
): Promise<Extract<BlockReply, { ok: true }>> {
  if (keepAs !== null) {
    assertKeepable(model, 0);
    const block = { bytes: body, firstLine: 1, reading: null };
    const kept = await answerBlock(services, model, block, { header: "auto", ...asked, keeps: true });
    const { answers = [] } = kept;
    assertKeepable(model, answers.length);
    await keepAnswers(services, model, keepAs, answers);
    return kept;
  }
  const answer = (bytes: Uint8Array<ArrayBuffer>, document: DocumentOptions = {}) =>
    answerBlock(services, model, { bytes, firstLine: 1, reading: null }, { header: "auto", ...asked, document });
  const first = await answer(body, asked.document);
  if (!first.needs) return first;
  const { choice, work } = first.needs;
  const background = choice && (await readBackground(services, model, choice, "/explain/background"));
  return answer(first.bytes, { ...asked.document, drawn: { background, work } });
}

/** The format of the document, and the options of the request around it. */
interface DocumentRequest extends AnswerOptions {
  readonly format: DocumentFormat;
  readonly document?: DocumentOptions;
}

/** Predicts a block. Throws the errors in it. */
async function answerBlock(
  services: ProjectServices,
  model: Model,
  block: RowBlock,
  options: StreamOptions,
): Promise<Extract<BlockReply, { ok: true }>> {
  const reply = await services.computePool.predict.stream(model, block, options, () => readWeights(services, model.id));
  if (!reply.ok) throw new TrainyardError(reply.code, reply.detail, reply.errors);
  return reply;
}

async function* prepend(
  first: IteratorResult<Uint8Array, readonly Note[]>,
  rest: AsyncGenerator<Uint8Array, readonly Note[], void>,
): AsyncGenerator<Uint8Array, readonly Note[], void> {
  if (first.done) return first.value;
  yield first.value;
  return yield* rest;
}

async function* predictBlocks(
  services: ProjectServices,
  model: Model,
  rows: AsyncIterable<Uint8Array>,
  options: LineOptions,
  keepAs: string | null,
): AsyncGenerator<Uint8Array, readonly Note[], void> {
  const most = options.explain
    ? explainedAtATime(measured(services, model), options.explain.request)
    : keepAs === null
      ? BLOCK_ROWS
      : MAX_KEPT_ROWS;
  const maxRows = Math.min(BLOCK_ROWS, most, Math.max(1, Math.floor(BLOCK_OUTPUTS / model.outputWidth)));
  const blocks = lineBlocks(rows, { quotes: options.format === "csv", maxRows, maxRowBytes: MAX_BATCH_ROW_BYTES });
  let reading: CsvReading | null = null;
  let isEmpty = true;
  let answered = 0;
  const remarks = createRemarkCollector();
  for await (const block of blocks) {
    const answer = await answerBlock(services, model, { ...block, reading }, { ...options, keeps: keepAs !== null });
    reading = answer.reading;
    if (keepAs !== null && answer.answers) {
      assertKeepable(model, answered + answer.answers.length, MAX_KEPT_STREAM_ROWS);
      await keepAnswers(services, model, keepAs, answer.answers, answered);
    }
    answered += answer.rows;
    remarks.addAll(answer.remarks);
    if (answer.bytes.length === 0) continue;
    isEmpty = false;
    yield answer.bytes;
  }
  if (isEmpty) throw new TrainyardError("malformed", "the body has no rows");
  return remarkNotes({ columns: model.preprocessing?.columns ?? [] }, remarks.take(), answered, "line");
}
