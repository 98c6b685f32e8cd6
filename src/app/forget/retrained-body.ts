/** The body of the job that trains a model again without the forgotten rows: the same spec, on the replacement tables. */

import { setImmediate as nextTurn } from "node:timers/promises";
import { splitWithRows } from "../../domain/jobs/named-rows.ts";
import { submittableSpec } from "../../domain/jobs/submittable-spec.ts";
import { isLinear } from "../../domain/spec/layer-walks.ts";
import type { Layer } from "../../domain/spec/layers.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { formOf, type Split } from "../../domain/spec/split.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { writeInSlices } from "../write-in-slices.ts";

/** Maximum number of initial weights written as JSON: more would block the event loop. */
export const MAX_WRITTEN_WEIGHTS = 100_000;

/** The replacements of what was forgotten. */
export interface Replacements {
  /** Ids and hashes of data sets. */
  readonly datasets: ReadonlyMap<string, string>;
  /** Ids of models. */
  readonly models: ReadonlyMap<string, string>;
  /** Positions of the forgotten rows, ascending. */
  readonly rows: readonly number[];
}

/** Returns the body as UTF-8 JSON. `payload`: the initial weights of the job and the rows that its split names, which are stored apart. */
export async function retrainedBody(
  { name, spec, tags }: { readonly name: string; readonly spec: ResolvedSpec; readonly tags: Readonly<Record<string, string>> },
  payload: TensorSet | null,
  { datasets, models, rows }: Replacements,
): Promise<Uint8Array<ArrayBuffer>> {
  const again = submittableSpec(spec);
  const { data, init_from: from } = spec;
  // A job may be on a deleted data set of the same content.
  const dataset = "dataset" in data ? (datasets.get(data.dataset.id) ?? datasets.get(data.dataset.sha256)) : undefined;
  if (dataset !== undefined) {
    again.data = { dataset: { ...(again.data.dataset as object), id: dataset } };
    again.split = await renumbered(splitWithRows(spec.split, payload), rows);
    if ("layers" in spec.model) again.model = { layers: withOpenWidths(spec.model.layers, true) };
  }
  if (from && "model" in from) again.init_from = { model: models.get(from.model) ?? from.model, freeze: from.freeze };
  if (from && "state_dict" in from)
    again.init_from = { state_dict: writtenWeights(from.state_dict, payload), freeze: from.freeze };
  return new TextEncoder().encode(await writeInSlices({ ...again, name, tags }));
}

/**
 * Removes widths that follow from the rows: of the last linear layer, because a class may be gone, and of the last one of a residual layer,
 * because a label may be. A width that the user gave was the same.
 */
function withOpenWidths(layers: readonly Layer[], makesOutputs: boolean): unknown[] {
  const last = makesOutputs ? layers.findLastIndex(holdsLinear) : -1;
  return layers.map((layer, index): unknown => {
    if (isLinear(layer)) return index === last ? { ...layer, units: undefined } : layer;
    if (layer.type === "residual") {
      const inner = layer.layers.findLastIndex(isLinear);
      return { ...layer, layers: layer.layers.map((each, at) => (at === inner ? { ...each, units: undefined } : each)) };
    }
    if (layer.type !== "ensemble") return layer;
    const members = layer.members.map((member) => ({ ...member, layers: withOpenWidths(member.layers, index === last) }));
    return { ...layer, members };
  });
}

const holdsLinear = (layer: Layer): boolean =>
  isLinear(layer) || (layer.type === "ensemble" && layer.members.some(({ layers }) => layers.some(holdsLinear)));

/** Changes a split by positions so that it means the same rows as before. */
async function renumbered(split: Split | null, rows: readonly number[]): Promise<Split | null> {
  if (!split) return split;
  const formed = formOf(split);
  if (formed.form !== "positions") return split;
  const gone = new Set(rows);
  const remaining = async (positions: readonly number[]): Promise<number[]> => {
    const kept: number[] = [];
    for (let from = 0; from < positions.length; from += TURN_ROWS) {
      if (from > 0) await nextTurn();
      for (const position of positions.slice(from, from + TURN_ROWS))
        if (!gone.has(position)) kept.push(position - countBelow(rows, position));
    }
    return kept;
  };
  const { validation_rows, test_rows } = formed.split;
  return { validation_rows: await remaining(validation_rows), test_rows: await remaining(test_rows) };
}

/** Renumbering this many takes a millisecond or two. */
const TURN_ROWS = 10_000;

/** How many of the ascending numbers are below a bound. */
function countBelow(numbers: readonly number[], bound: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((numbers[middle] as number) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The tensors of the payload are those of the state_dict, in its order. */
function writtenWeights(shapes: Readonly<Record<string, { readonly shape: number[] }>>, payload: TensorSet | null) {
  let at = 0;
  return Object.fromEntries(
    Object.entries(shapes).map(([name, { shape }]) => {
      const from = at;
      at += shape.reduce((product, size) => product * size, 1);
      return [name, { shape, data: Array.from(payload?.data.subarray(from, at) ?? []) }];
    }),
  );
}
