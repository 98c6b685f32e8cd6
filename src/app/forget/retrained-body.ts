/** The body of the job that trains a model again without the forgotten rows: the same spec, on the tables that have taken their place. */

import { setImmediate as nextTurn } from "node:timers/promises";
import { splitWithRows } from "../../domain/jobs/named-rows.ts";
import { specAgain } from "../../domain/jobs/spec-again.ts";
import { isLinear } from "../../domain/spec/layer-walks.ts";
import type { Layer } from "../../domain/spec/layers.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { formOf, type Split } from "../../domain/spec/split.ts";
import type { TensorSet } from "../../domain/tensor.ts";
import { writeInSlices } from "../write-in-slices.ts";

/** Most initial weights that are written as JSON: more would hold the event loop. */
export const MAX_WRITTEN_WEIGHTS = 100_000;

/** What has taken the place of what. */
export interface Replacements {
  /** Ids and hashes of data sets. */
  readonly datasets: ReadonlyMap<string, string>;
  /** Ids of models. */
  readonly models: ReadonlyMap<string, string>;
  /** Positions of the forgotten rows, rising. */
  readonly rows: readonly number[];
}

/** Returns the body as UTF-8 JSON. `payload`: the initial weights of the job and the rows that its split names, where they are kept apart. */
export async function retrainedBody(
  { name, spec, tags }: { readonly name: string; readonly spec: ResolvedSpec; readonly tags: Readonly<Record<string, string>> },
  payload: TensorSet | null,
  { datasets, models, rows }: Replacements,
): Promise<Uint8Array<ArrayBuffer>> {
  const again = specAgain(spec);
  const { data, init_from: from } = spec;
  // A job may be on a data set of the same content that was deleted.
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
 * Leaves out widths that follow from the rows: of the last linear layer, since a class may be gone, and of the last one of a residual
 * layer, since a label may be. Whoever had stated them stated the same.
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

/** A split by positions means the same rows as before. */
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

/** Renumbering so many takes a millisecond or two. */
const TURN_ROWS = 10_000;

/** How many of the rising numbers are below a bound. */
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
