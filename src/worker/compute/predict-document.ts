/** Answers a whole JSON body of rows. Runs in a compute thread, so that the event loop never parses a long body. */
import { invalid } from "../../domain/errors.ts";
import {
  assertExplainable,
  type ExplainRequest,
  explainRequestOf,
  notExplained,
  planExplanation,
  rowsOf,
} from "../../domain/explanations/explanation.ts";
import { parseDocument } from "../../domain/json-document.ts";
import { type AnswerOptions, answerAsAsked, NOTHING_ASKED, optionsOf } from "../../domain/models/answer-options.ts";
import { assertPredictable, type BlockReply, type NeedsBackground, predictBody } from "../../domain/models/prediction.ts";
import { predictionsJson } from "../../domain/models/prediction-json.ts";
import { rowNotes } from "../../domain/models/remarks.ts";
import { replyExtras } from "../../domain/monitoring/reply-extras.ts";
import { parseForeignDocument } from "../../domain/protocols/foreign-json.ts";
import { inferAnswer, inferRequest, inferRows } from "../../domain/protocols/open-inference.ts";
import { tfAnswer, tfRequest, tfRows } from "../../domain/protocols/tf-serving.ts";
import { rowMultiplyAdds } from "../../training/predict/row-work.ts";
import type { PredictBlockTask } from "../protocol.ts";
import { answerExplained } from "./explain-rows.ts";
import type { LoadedModel } from "./predictors.ts";

type Asked = Pick<PredictBlockTask, "block" | "options" | "maxRows">;
type Answer = Extract<BlockReply, { ok: true }>;

/** Largest body whose rows are explained. */
const EXPLAINED_BYTES = 256 * 1024;

/**
 * The answer to `{"instances": [...], "top_k", "threshold", "interval", "explain"}`; the body's own options have precedence over the given
 * ones. Throws malformed, invalid and too_large, as for a small body that is parsed on the event loop. An explained body is answered once
 * its background is there; the reply before that says which background it needs.
 */
export function predictDocument(loaded: LoadedModel, { block, options: given, maxRows }: Asked): Answer {
  const { model, predictor } = loaded;
  const { instances, explain: inBody, ...own } = parseDocument(predictBody, block.bytes);
  const { explain: inQuery = null, drawn } = given.document ?? {};
  const options = optionsOf(own, given);
  assertPredictable(model, { rows: instances.length, ...options }, maxRows);
  const explain = inBody ? explainRequestOf(inBody) : inQuery;
  if (!explain) {
    const result = predictor.predict(instances);
    if (!result.ok) throw invalid(result.errors);
    const answered = answerAsAsked(result, model, options);
    const bytes = new TextEncoder().encode(predictionsJson(model, answered, options.topK));
    return { ...NO_STREAM, bytes, ...replyExtras(given, model, instances, answered.predictions) };
  }
  if (block.bytes.byteLength > EXPLAINED_BYTES) throw notExplained();
  if (!drawn) return { ...NO_STREAM, bytes: block.bytes, needs: needsOf(loaded, instances.length, explain) };
  const answer = answerExplained(loaded, { rows: { instances, options, explain }, background: drawn.background });
  if (!answer.ok) throw invalid(answer.errors);
  return { ...NO_STREAM, bytes: answer.bytes };
}

function needsOf({ model }: LoadedModel, rows: number, explain: ExplainRequest): NeedsBackground {
  const measured = { ...model, multiplyAdds: rowMultiplyAdds(model) };
  assertExplainable(measured, rows, explain);
  const { background, samples } = explain;
  const { work } = planExplanation(measured, rowsOf(background), samples);
  return { choice: "count" in background ? background : null, work: rows * work };
}

/** The answer to a request in TensorFlow Serving's protocol. */
export function predictTfServing(loaded: LoadedModel, { block, options, maxRows }: Asked): Answer {
  const request = parseForeignDocument(tfRequest, block.bytes);
  const instances = tfRows(loaded.model, request);
  const { predictions, remarks } = predict(loaded, instances, maxRows);
  const bytes = new TextEncoder().encode(JSON.stringify(tfAnswer(loaded.model, predictions, request)));
  const beside = replyExtras(options, loaded.model, instances, predictions);
  return { ...NO_STREAM, bytes, rows: predictions.length, remarks, ...beside };
}

/** The answer to a request in the Open Inference Protocol. */
export function predictOpenInference(loaded: LoadedModel, { block, options, maxRows }: Asked): Answer {
  const startedAt = performance.now();
  const jsonBytes = options.document?.jsonBytes ?? block.bytes.length;
  const asked = parseForeignDocument(inferRequest, block.bytes.subarray(0, jsonBytes));
  const instances = inferRows(loaded.model, asked, block.bytes.subarray(jsonBytes));
  const readAt = performance.now();
  const { predictions, remarks } = predict(loaded, instances, maxRows);
  const inferredAt = performance.now();
  const answer = inferAnswer(loaded.model, predictions, rowNotes(loaded.model, remarks, predictions.length), asked);
  const head = Buffer.from(JSON.stringify(answer.json));
  const bytes = Uint8Array.from(answer.bytes ? Buffer.concat([head, ...answer.bytes]) : head);
  const times = { input: readAt - startedAt, infer: inferredAt - readAt, output: performance.now() - inferredAt };
  const document = { jsonBytes: answer.bytes ? head.length : null, times };
  const beside = replyExtras(options, loaded.model, instances, predictions);
  return { ...NO_STREAM, bytes, rows: predictions.length, remarks, document, ...beside };
}

function predict({ model, predictor }: LoadedModel, instances: readonly unknown[], maxRows: number) {
  const asked: AnswerOptions = NOTHING_ASKED;
  assertPredictable(model, { rows: instances.length, ...asked }, maxRows);
  const result = predictor.predict(instances);
  if (!result.ok) throw invalid(result.errors);
  return answerAsAsked(result, model, asked);
}

/** The parts of a stream's result that a document, which is not a stream, does not have. */
const NO_STREAM = { ok: true, reading: null, rows: 0, remarks: [] } as const;
