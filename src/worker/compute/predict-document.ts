/** A whole JSON body of rows to the JSON of its answer. Runs in a compute thread: a body may be many megabytes. */
import { type DocumentReply, predictBody, wirePrediction } from "../../domain/models/prediction.ts";
import { fieldErrors } from "../../domain/spec/spec-errors.ts";
import { parseUntrusted } from "../../domain/untrusted-json.ts";
import type { LoadedModel } from "./predictors.ts";

type Refusal = Extract<DocumentReply, { ok: false }>;

const refused = (code: Refusal["code"], pointer: string, detail: string): Refusal => ({
  ok: false,
  code,
  errors: [{ pointer, detail }],
});

/** The answer to `{"instances": [...], "top_k"}`; a `top_k` of the body goes before the one given. */
export function answerDocument(loaded: LoadedModel, body: Uint8Array, topK: number | null, maxRows: number): DocumentReply {
  const given = parseUntrusted(body);
  if (!given.ok) return refused(given.code, given.pointer, given.detail);
  const parsed = predictBody.safeParse(given.value);
  if (!parsed.success) return { ok: false, code: "invalid", errors: fieldErrors(parsed.error) };
  const { instances, top_k: shown = topK } = parsed.data;
  if (instances.length > maxRows) {
    return refused(
      "too_large",
      "/instances",
      `${instances.length} rows are more than the limit of ${maxRows} (TRAINYARD_MAX_PREDICT_ROWS)`,
    );
  }
  if (shown !== null && loaded.model.task === "regression") {
    return refused("invalid", "/top_k", `is for classes, and ${loaded.model.name} is a regression`);
  }
  const result = loaded.predictor.predict(instances);
  if (!result.ok) return { ok: false, code: "invalid", errors: result.errors };
  const predictions = result.predictions.map((prediction) => wirePrediction(prediction, shown));
  return { ok: true, bytes: new TextEncoder().encode(JSON.stringify({ predictions })) };
}
