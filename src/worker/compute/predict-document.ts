/** A whole JSON body of rows to the JSON of its answer. Runs in a compute thread: a body may be many megabytes. */
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { notExplained } from "../../domain/explanations/explanation.ts";
import { type AnswerOptions, answerAsAsked, optionsOf } from "../../domain/models/answer-options.ts";
import { assertPredictable, predictBody } from "../../domain/models/prediction.ts";
import { predictionsJson } from "../../domain/models/prediction-json.ts";
import { fieldErrors } from "../../domain/spec/spec-errors.ts";
import { jsonHeapBytes, parseUntrusted } from "../../domain/untrusted-json.ts";
import type { LoadedModel } from "./predictors.ts";

/**
 * The answer to `{"instances": [...], "top_k", "threshold", "interval"}` as UTF-8; those of the body go before the ones given. Throws malformed,
 * invalid and too_large, as a small body does that is parsed on the event loop.
 */
export function predictDocument(
  { model, predictor }: LoadedModel,
  body: Uint8Array,
  given: AnswerOptions,
  maxRows: number,
): Uint8Array<ArrayBuffer> {
  const { instances, explain, ...asked } = parse(body);
  if (explain) throw notExplained();
  const options = optionsOf(asked, given);
  assertPredictable(model, { rows: instances.length, ...options }, maxRows);
  const result = predictor.predict(instances);
  if (!result.ok) throw invalid(result.errors);
  return new TextEncoder().encode(predictionsJson(model, answerAsAsked(result, model, options), options.topK));
}

function parse(body: Uint8Array) {
  const given = parseUntrusted(body, { heapBytes: jsonHeapBytes(body.byteLength), members: Number.POSITIVE_INFINITY });
  if (!given.ok) {
    const { code, pointer, detail } = given;
    throw code === "invalid" ? invalid([{ pointer, detail }]) : new TrainyardError(code, detail, [{ pointer, detail }]);
  }
  const parsed = predictBody.safeParse(given.value);
  if (!parsed.success) throw invalid(fieldErrors(parsed.error));
  return parsed.data;
}
