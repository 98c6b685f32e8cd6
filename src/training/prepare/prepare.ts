/** Prepares a job from a request body: parse, validate, resolve, size. Runs in a thread, because a body can be many megabytes. */
import type { DatasetRows } from "../../domain/datasets/dataset.ts";
import type { FieldError } from "../../domain/errors.ts";
import { labelsOf } from "../../domain/labels.ts";
import { excessMemory, type Limits } from "../../domain/limits.ts";
import type { Draft, Prepared, References, Resolved } from "../../domain/ports.ts";
import { salvageSpec, withDataFaults } from "../../domain/spec/salvage-spec.ts";
import { type JobSpec, type NetworkSpec, parseJobSpec, type ResolvedSpec } from "../../domain/spec/spec.ts";
import { MAX_FIELD_ERRORS } from "../../domain/spec/spec-errors.ts";
import { splitColumnOf } from "../../domain/spec/split.ts";
import { elementCount, packTensors } from "../../domain/tensor.ts";
import { jsonHeapBytes, parseUntrusted } from "../../domain/untrusted-json.ts";
import { LayerError } from "../../engine/index.ts";
import { targetsOf } from "../data/dataset-columns.ts";
import { keepRowsApart } from "../data/named-rows.ts";
import { type DataShape, type Described, describeData } from "../data/source.ts";
import { memoryEstimate, TooManyOperationsError } from "../run/memory-estimate.ts";
import { networkOf } from "../run/network.ts";
import { sha256Of } from "./digest.ts";
import { type InitialWeights, initialWeights } from "./initial-weights.ts";
import { resolveSearch, type SearchResolution, searchCost } from "./prepare-search.ts";
import { type Resolution, resolve } from "./resolve.ts";
import { layerFieldError } from "./widths.ts";

const INVALID = (errors: readonly FieldError[]): Extract<Prepared, { ok: false }> => ({
  ok: false,
  code: "invalid",
  errors: errors.slice(0, MAX_FIELD_ERRORS),
});

/** Maximum fields in all objects of a body: those of ten thousand columns, each with all options. Rows and weights are arrays. */
export const MAX_MEMBERS = 100_000;

/** Largest body for which the data of a faulty spec is checked too: each fault copies the fields around it, and the rest is parsed again. */
const LARGEST_SALVAGED = 64 * 1024;

/** A valid spec whose references must be resolved before `prepareSpec`. */
export interface ParsedDraft extends Omit<Draft, "spec"> {
  readonly spec: JobSpec;
}

/**
 * Prepares a job from a body of UTF-8 JSON, or returns every reason why it cannot be a job. For a body that refers to records
 * of the store, returns the spec and its references, for `prepareSpec`.
 */
export function prepareJob(body: Uint8Array<ArrayBuffer>, limits: Limits): Prepared | ParsedDraft {
  const given = parseUntrusted(body, { heapBytes: jsonHeapBytes(limits.bodyBytes), members: MAX_MEMBERS });
  if (!given.ok) return { ok: false, code: given.code, errors: [{ pointer: given.pointer, detail: given.detail }] };
  const json = given.value;
  const excess = excessRows(json, limits);
  if (excess) return INVALID([excess]);
  const parsed = parseJobSpec(json);
  if ("errors" in parsed)
    return body.byteLength > LARGEST_SALVAGED ? INVALID(parsed.errors) : prepareFaulty(json, parsed.errors, limits);
  const { spec } = parsed;
  const references = referencesOf(spec);
  if (references) return { ok: false, code: "references", references, spec };
  return prepareSpec(spec, limits, NOTHING);
}

/** The faults of a spec and of its data; or a draft with which to find those of its data. */
function prepareFaulty(json: unknown, faults: readonly FieldError[], limits: Limits): Prepared | ParsedDraft {
  const spec = salvageSpec(json, faults);
  const references = spec && referencesOf(spec);
  if (spec && references) return { ok: false, code: "references", references, faults, spec };
  const found = spec ? prepareSpec(spec, limits, NOTHING) : INVALID([]);
  return INVALID(found.ok ? faults : withDataFaults(faults, found.errors));
}

/** Finds inline rows over the limit before validating each of them: millions of invalid rows would cost as much as valid ones. */
export function excessRows(json: unknown, limits: Limits): FieldError | null {
  const { inline } = ((json as { data?: unknown } | null)?.data ?? {}) as {
    inline?: { features?: unknown; targets?: unknown } | null;
  };
  for (const part of ["features", "targets"] as const) {
    const rows = inline?.[part];
    if (Array.isArray(rows) && rows.length > limits.rows) return rowsError(`/data/inline/${part}`, rows.length, limits);
  }
  return null;
}

function rowsError(pointer: string, rows: number, limits: Limits): FieldError {
  return { pointer, detail: `${rows} rows are more than the limit of ${limits.rows} (TRAINYARD_MAX_ROWS)` };
}

const NOTHING: Resolved = { dataset: null, model: null };

/** Returns the records of the store that a spec refers to; null if there are none. */
export function referencesOf({ data, split, init_from, model: network }: JobSpec): References | null {
  const model = startOf(init_from);
  const splitColumn = splitColumnOf(split)?.name ?? null;
  const dataset =
    "dataset" in data
      ? {
          id: data.dataset.id,
          target: targetsOf(data.dataset),
          splitColumn,
          features: data.dataset.features ?? null,
          searches: "auto" in network,
        }
      : null;
  return dataset || model ? { dataset, model } : null;
}

function startOf(start: JobSpec["init_from"]): References["model"] {
  if (start && "model" in start) return { ref: start.model, pointer: "/init_from/model" };
  if (start && "checkpoint" in start) return { ref: start.checkpoint, pointer: "/init_from/checkpoint" };
  return null;
}

/** Computes the bytes that training a network on such rows needs. Throws as `memoryEstimate` does. */
export type SizeOf = (spec: NetworkSpec, shape: DataShape) => number;

/**
 * Prepares a job from a valid spec and its resolved references. A caller with many similar jobs may pass the function that computes their
 * memory.
 */
export function prepareSpec(
  spec: JobSpec,
  limits: Limits,
  { dataset, model }: Resolved,
  sizeOf: SizeOf = (network, shape) => memoryEstimate(network, shape, limits.threads),
): Prepared {
  const data = describeData(spec, dataset, model);
  if (data.errors.length > 0 || !data.shape) return INVALID(data.errors);
  const { shape } = data;
  if (shape.rows > limits.rows) {
    return INVALID([rowsError(data.rowsPointer, shape.rows, limits)]);
  }
  return "auto" in spec.model
    ? prepareSearch(spec, limits, shape, data, dataset)
    : prepareNetwork(spec, limits, shape, data, { dataset, model }, sizeOf);
}

/** Prepares a job whose network is searched for. */
function prepareSearch(
  spec: JobSpec,
  limits: Limits,
  shape: DataShape,
  data: Described,
  dataset: DatasetRows | null,
): Prepared {
  const { resolution, errors } = resolveSearch(spec, shape);
  if (errors.length > 0) return INVALID(errors);
  const resolved = resolvedSpecOf(spec, resolution, shape, data, dataset, { tensors: [], summary: null, errors: [] });
  return preparedOf(spec, resolved, searchCost(resolved, shape), limits, shape, data, data.tensors, "/model");
}

/** Checks what a job costs against the limits. `pointer` is where its weights come from. */
function preparedOf(
  given: JobSpec,
  spec: ResolvedSpec,
  { parameters, memoryBytes }: { readonly parameters: number; readonly memoryBytes: number },
  limits: Limits,
  { rows, classes, split }: DataShape,
  { notes }: Described,
  bulk: Described["tensors"],
  pointer: string,
): Prepared {
  const excess = excessParameters(parameters, limits, pointer) ?? excessMemory(memoryBytes, limits, MEMORY_CURE);
  if (excess) return INVALID([excess]);
  const all = [...bulk, ...keepRowsApart(split).tensors];
  const payload = all.length > 0 ? packTensors(all) : null;
  return { ok: true, spec, parameters, memoryBytes, rows, classes, payload, notes: notes ?? [], labels: labelsOf(given) };
}

function excessParameters(parameters: number, limits: Limits, pointer: string): FieldError | null {
  if (parameters <= limits.parameters) return null;
  const detail = `${parameters} parameters are more than the limit of ${limits.parameters} (TRAINYARD_MAX_PARAMETERS)`;
  return { pointer, detail };
}

/** Prepares a job whose network is given. */
function prepareNetwork(
  spec: JobSpec,
  limits: Limits,
  shape: DataShape,
  data: Described,
  { dataset, model }: Resolved,
  sizeOf: SizeOf,
): Prepared {
  const { resolution, errors } = resolve(spec, shape);
  if (errors.length > 0) return INVALID(errors);
  const network = networkOf(resolution.model.layers, shape.featureWidth, shape.embeddings);
  if (network.parameters.length === 0)
    return INVALID([{ pointer: "/model/layers", detail: "have no weights, so there is nothing to train" }]);
  const parameters = network.parameters.reduce((total, parameter) => total + elementCount(parameter.shape), 0);
  const tooMany = excessParameters(parameters, limits, "/model/layers");
  if (tooMany) return INVALID([tooMany]);
  const initial = initialWeights(spec, network, model);
  if (initial.errors.length > 0) return INVALID(initial.errors);
  const resolved = resolvedSpecOf(spec, resolution, shape, data, dataset, initial);
  const memory = sized(() => sizeOf(resolved, shape));
  if (!memory.ok) return INVALID(memory.errors);
  const { memoryBytes } = memory;
  return preparedOf(
    spec,
    resolved,
    { parameters, memoryBytes },
    limits,
    shape,
    data,
    [...data.tensors, ...initial.tensors],
    "/model/layers",
  );
}

type Sized = { readonly ok: true; readonly memoryBytes: number } | { readonly ok: false; readonly errors: FieldError[] };

const MEMORY_CURE = "use a smaller batch_size, fewer rows or narrower layers";

/** Computes the memory that a job needs. A network may accept the rows of the data and yet reject a single one of them. */
function sized(estimate: () => number): Sized {
  try {
    return { ok: true, memoryBytes: estimate() };
  } catch (error) {
    if (error instanceof TooManyOperationsError)
      return { ok: false, errors: [{ pointer: "/model/layers", detail: error.message }] };
    if (!(error instanceof LayerError)) throw error;
    const { pointer, detail } = layerFieldError(error);
    return { ok: false, errors: [{ pointer, detail: `${detail}; set a batch_size of 2 or more` }] };
  }
}

function resolvedSpecOf<R extends Resolution | SearchResolution>(
  spec: JobSpec,
  resolution: R,
  shape: DataShape,
  described: Described,
  dataset: DatasetRows | null,
  initial: InitialWeights,
): ResolvedSpec & Pick<R, "model"> {
  const { preprocess } = shape;
  const { split } = keepRowsApart(shape.split);
  const { data, name } = resolvedData(spec, shape, described, dataset);
  const { task, ...rest } = resolution;
  // Ordered for readers: name and task, data, model, then settings.
  return { name: spec.name ?? name, task, data, preprocess, split, ...settings(spec), ...rest, init_from: initial.summary };
}

/** The settings of a spec, without its name, its labels and the parts that are resolved from its data. */
function settings(spec: JobSpec) {
  const { name: _name, task: _task, tags: _tags, note: _note, ...rest } = spec;
  const { data: _data, split: _split, preprocess: _preprocess, ...own } = rest;
  return own;
}

/** Returns the data of a resolved spec, and the default name of a job on it. */
function resolvedData(
  spec: JobSpec,
  shape: DataShape,
  { tensors }: Described,
  dataset: DatasetRows | null,
): { data: ResolvedSpec["data"]; name: string } {
  if ("generator" in spec.data) return { data: spec.data, name: spec.data.generator.type };
  if ("dataset" in spec.data) {
    const { features, target, weights } = shape.columns as NonNullable<DataShape["columns"]>;
    const { sha256 } = dataset as DatasetRows;
    return {
      data: { dataset: { id: spec.data.dataset.id, sha256, features: [...features], target: [...target], weights } },
      name: target.join("-"),
    };
  }
  const sizes = { rows: shape.rows, features: shape.featureWidth, targets: shape.targetWidth };
  return { data: { inline: { ...sizes, sha256: sha256Of(packTensors(tensors).data) } }, name: "inline" };
}
