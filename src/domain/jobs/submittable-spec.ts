/** Turns a resolved spec back into one that can be submitted. Knows no schemas: the page uses it too. */
import type { ResolvedAuto } from "../spec/auto-options.ts";
import { CHOSEN_BY_SEARCH } from "../spec/search-fields.ts";
import type { ResolvedSpec } from "../spec/spec.ts";
import { questionOf } from "./trained-spec.ts";

/** A spec as JSON. Inline rows, `init_from` of a state_dict and a `split` of many rows are summaries, which the sender must fill in. */
export type SubmittableSpec = Record<string, unknown> & { data: Record<string, unknown> };

/** Returns the spec without the fields resolved from its data. */
export function submittableSpec(spec: ResolvedSpec): SubmittableSpec {
  const {
    data,
    init_from: from,
    preprocess,
    model,
    influence: _,
    learning_curve: __,
    seeds: ___,
    ...rest
  } = structuredClone(spec);
  const again: SubmittableSpec = { ...rest, model, data: data as Record<string, unknown> };
  again.epochs = questionOf(spec)?.epochs ?? spec.epochs;
  if ("auto" in model) {
    again.model = { auto: searchAgain(model.auto) };
    for (const field of CHOSEN_BY_SEARCH) delete again[field];
  }
  if ("dataset" in data) {
    const { id, features, target, weights } = data.dataset;
    const [first = ""] = target;
    again.data = {
      dataset: { id, features, target: target.length === 1 ? first : target, ...(weights === null ? {} : { weights }) },
    };
  }
  if (preprocess) again.preprocess = "fitted" in preprocess ? "from_model" : preprocess;
  if (from && !("auto" in model)) {
    const { sha256: ____, ...origin } = from;
    again.init_from = origin;
  }
  return again;
}

/** Returns the options of a search without the fields resolved from the data. */
function searchAgain({
  candidates: _,
  trained_folds: __,
  ...options
}: ResolvedAuto): Omit<ResolvedAuto, "candidates" | "trained_folds"> {
  return options;
}
