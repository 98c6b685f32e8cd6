/** A whole JSON body of rows to the JSON of its answer. Runs in a compute thread: a body may be many megabytes. */
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { decidedAnew } from "../../domain/models/decision.ts";
import { assertPredictable, predictBody, type StreamOptions } from "../../domain/models/prediction.ts";
import { predictionsJson } from "../../domain/models/prediction-json.ts";
import { fieldErrors } from "../../domain/spec/spec-errors.ts";
import { jsonHeapBytes, parseUntrusted } from "../../domain/untrusted-json.ts";
import type { LoadedModel } from "./predictors.ts";

/**
 * The answer to `{"instances": [...], "top_k", "threshold"}` as UTF-8; those of the body go before the ones given. Throws malformed,
 * invalid and too_large, as a small body does that is parsed on the event loop.
 */
export function predictDocument(
  { model, predictor }: LoadedModel,
  body: Uint8Array,
  given: Pick<StreamOptions, "topK" | "threshold">,
  maxRows: number,
): Uint8Array<ArrayBuffer> {
  const { instances, top_k: topK = given.topK, threshold = given.threshold } = parse(body);
  assertPredictable(model, { rows: instances.length, topK, threshold }, maxRows);
  const result = predictor.predict(instances);
  if (!result.ok) throw invalid(result.errors);
  return new TextEncoder().encode(predictionsJson(model, decidedAnew(result, model, threshold), topK));
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
