/** Import: builds a model from untrusted weights and an architecture, or returns every reason why it cannot. */

import { featureWidth, type Preprocessing } from "../../domain/datasets/preprocessing.ts";
import { type FieldError, pointerOf } from "../../domain/errors.ts";
import type { Limits } from "../../domain/limits.ts";
import { type Architecture, architecture } from "../../domain/models/architecture.ts";
import { NO_RECEIPT } from "../../domain/models/receipt.ts";
import type { ModelReading, TrainedModel } from "../../domain/ports.ts";
import { finalLayers, PROBABILITY_LAYERS } from "../../domain/spec/layer-walks.ts";
import { fieldErrors, MAX_FIELD_ERRORS } from "../../domain/spec/spec-errors.ts";
import { elementCount, packTensors, type TensorSet, unpackTensors } from "../../domain/tensor.ts";
import { GraphError, LayerError, type Network } from "../../engine/index.ts";
import { sha256Of } from "../prepare/digest.ts";
import { embeddingsOf, networkOf } from "../run/network.ts";
import { inferenceMemory } from "./inference.ts";

const AT = "/architecture";

/** Whether a tensor is the batch counter of a PyTorch batch_norm, which does not affect its output. */
export const isCounter = (name: string): boolean => name.endsWith(".num_batches_tracked");

/** Builds a model from an architecture, as JSON text, and tensors by PyTorch's names. */
export function importModel(text: string | undefined, tensors: TensorSet, limits: Limits): ModelReading {
  const stated = readArchitecture(text);
  if (!stated.ok) return stated;
  const built = build(stated.architecture, tensors);
  if (!built.ok) return built;
  const { network, width } = built;
  const parameters = network.parameters.reduce((total, { shape }) => total + elementCount(shape), 0);
  if (parameters > limits.parameters) {
    const detail = `${parameters} parameters are more than the limit of ${limits.parameters} (TRAINYARD_MAX_PARAMETERS)`;
    return refused([{ pointer: `${AT}/layers`, detail }]);
  }
  const errors = [...meaningErrors(stated.architecture, network), ...tensorErrors(network, tensors)];
  if (errors.length > 0) return refused(errors);
  const weights = inOrder(network, tensors);
  const model = modelOf(stated.architecture, network, width, weights, parameters);
  const memoryBytes = inferenceMemory(model);
  if (memoryBytes > limits.jobMemoryBytes) {
    const detail = `predicting needs ${memoryBytes} bytes, more than the limit of ${limits.jobMemoryBytes} (TRAINYARD_MAX_JOB_MEMORY_BYTES)`;
    return refused([{ pointer: `${AT}/layers`, detail }]);
  }
  return { ok: true, model, weights };
}

function refused(errors: readonly FieldError[]): Extract<ModelReading, { ok: false }> {
  return { ok: false, code: "invalid", detail: "", errors: errors.slice(0, MAX_FIELD_ERRORS) };
}

function readArchitecture(text: string | undefined) {
  if (text === undefined) {
    const detail =
      "is missing: the file has no trainyard.architecture in its __metadata__; state the architecture in the query";
    return refused([{ pointer: AT, detail }]);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    return refused([{ pointer: AT, detail: `is not JSON: ${(error as Error).message}` }]);
  }
  const parsed = architecture.safeParse(json);
  if (parsed.success) return { ok: true as const, architecture: parsed.data };
  return refused(fieldErrors(parsed.error).map(({ pointer, detail }) => ({ pointer: AT + pointer, detail })));
}

type Built = { readonly ok: true; readonly network: Network; readonly width: number } | Extract<ModelReading, { ok: false }>;

function build(stated: Architecture, tensors: TensorSet): Built {
  const { preprocessing, layers } = stated;
  const errors = preprocessing ? preprocessingErrors(preprocessing) : [];
  if (errors.length > 0) return refused(errors);
  const features = preprocessing && featureWidth(preprocessing);
  const weight = firstWeight(layers);
  const first = tensors.entries.find(({ name }) => name === weight)?.shape;
  const inferred = features ?? (first?.length === 2 ? first[1] : undefined);
  const width = stated.input_width ?? inferred;
  const pointer = `${AT}/input_width`;
  if (width === undefined || width < 1)
    return refused([{ pointer, detail: "is required: the first layer does not determine it" }]);
  if (features !== null && features !== width)
    return refused([{ pointer, detail: `is ${width}, but the preprocessing has ${features} features` }]);
  try {
    return { ok: true, width, network: networkOf(layers, width, embeddingsOf(preprocessing?.columns ?? [])) };
  } catch (error) {
    if (error instanceof LayerError)
      return refused([{ pointer: `${AT}/layers/${error.path.join("/")}`, detail: error.detail }]);
    if (error instanceof GraphError) return refused([{ pointer: `${AT}/layers`, detail: error.message }]);
    throw error;
  }
}

/** The name of the weight of a linear layer that takes the network's input; null where there is none. */
function firstWeight([first]: Architecture["layers"]): string | null {
  if (first?.type === "linear" || first?.type === "batch_ensemble_linear") return "0.weight";
  const member = first?.type === "ensemble" ? firstWeight(first.members[0]?.layers ?? []) : null;
  return member && `0.members.0.${member}`;
}

/** Checks of preprocessing beyond the schema: values that must differ or fit together. */
function preprocessingErrors({ columns }: Preprocessing): FieldError[] {
  const at = `${AT}/preprocessing/columns`;
  const names = new Set<string>();
  const errors: FieldError[] = columns.length > 0 ? [] : [{ pointer: at, detail: "must have at least one column" }];
  columns.forEach((column, index) => {
    const fail = (field: string, detail: string) => errors.push({ pointer: `${at}/${index}/${field}`, detail });
    if (column.column === "" || names.has(column.column)) fail("column", "must be a name that no other column has");
    names.add(column.column);
    if (column.kind === "datetime" && column.parts.some(({ part, latest }) => part === "age" && latest === undefined))
      fail("parts", "have an age without its latest time");
    if (column.kind === "text") {
      column.vocabularies.forEach(({ terms, idf }, place) => {
        if (terms.length !== idf.length) fail(`vocabularies/${place}/idf`, "must have a number for each term");
        if (new Set(terms).size !== terms.length) fail(`vocabularies/${place}/terms`, "has a term twice");
      });
    }
    if (column.kind !== "category") return;
    const { categories, fill, encode, dimension } = column;
    if (new Set(categories).size !== categories.length) fail("categories", "has a label twice");
    if (fill !== null && !categories.includes(fill)) fail("fill", "is not one of the categories");
    if ((encode === "embedding") !== (dimension !== null)) fail("dimension", "must be set for embeddings, and only for them");
  });
  return errors;
}

/** Whether task, classes, activation and outputs fit together. */
function meaningErrors(stated: Architecture, { outputShape }: Network): FieldError[] {
  const { task, classes, activation, preprocessing, threshold, conformal, quantiles } = stated;
  const fail = (field: string, detail: string): FieldError[] => [{ pointer: `${AT}/${field}`, detail }];
  const [outputs = 0] = outputShape;
  if (outputShape.length !== 1) return fail("layers", `give [${outputShape.join(", ")}] for a row: end with one axis`);
  if (threshold !== undefined && (task === "regression" || outputs > 2)) return fail("threshold", "is for two classes");
  if (quantiles && (task !== "regression" || quantiles.length !== outputs))
    return fail(
      "quantiles",
      `are ${quantiles.length} of a regression with as many outputs, and this is ${task} with ${outputs}`,
    );
  const values = quantiles ? 1 : outputs;
  if (conformal && conformal.scores.length !== (task === "regression" ? values : 1))
    return fail("conformal", "has a list of scores for each target, or one for classes");
  if (task === "regression") {
    if (classes && classes.length > 0) return fail("classes", "must be empty for regression");
    if (activation !== undefined && activation !== "none") return fail("activation", "must be none for regression");
    const targets = preprocessing?.targets.length ?? values;
    return targets === values ? [] : fail("preprocessing/targets", `are ${targets} for ${values} values`);
  }
  const count = outputs === 1 ? 2 : outputs;
  if (task === "binary_classification" && count !== 2)
    return fail("layers", `give ${outputs} outputs: two classes need one or two`);
  if (task === "multiclass_classification" && outputs === 1)
    return fail("layers", "give one output: several classes need one each");
  if (classes && classes.length !== count) return fail("classes", `are ${classes.length} for ${count} classes`);
  if (classes && new Set(classes).size !== count) return fail("classes", "has a label twice");
  if (activation === "softmax" && outputs === 1) return fail("activation", "softmax of one output is always 1: use sigmoid");
  if (activation === "sigmoid" && outputs > 1) return fail("activation", "must be softmax for several outputs");
  return [];
}

/** Returns an error per tensor that is missing, has the wrong shape, is not in the network, or is not finite. */
function tensorErrors(network: Network, tensors: TensorSet): FieldError[] {
  const given = new Map(tensors.entries.map(({ name, shape }) => [name, shape]));
  const values = unpackTensors(tensors);
  const expected = new Set(network.tensors.map(({ name }) => name));
  const errors = network.tensors.flatMap(({ name, shape }): FieldError[] => {
    const pointer = pointerOf([name]);
    const wanted = `[${shape.join(", ")}]`;
    const found = given.get(name);
    if (!found) return [{ pointer, detail: `is missing: the network has a tensor ${name} of shape ${wanted}` }];
    if (found.join() !== shape.join())
      return [{ pointer, detail: `has shape [${found.join(", ")}]; the network's has ${wanted}` }];
    const isWhole = (values.get(name) as Float32Array).every(Number.isFinite);
    return isWhole ? [] : [{ pointer, detail: "has a value that is not a finite float32" }];
  });
  for (const name of given.keys()) {
    if (!expected.has(name))
      errors.push({
        pointer: pointerOf([name.slice(0, 200)]),
        detail: `is not a tensor of this network: it has ${[...expected].slice(0, 20).join(", ")}`,
      });
  }
  return errors;
}

function inOrder(network: Network, tensors: TensorSet): TensorSet {
  const values = unpackTensors(tensors);
  return packTensors(network.tensors.map(({ name, shape }) => ({ name, shape, values: values.get(name) as Float32Array })));
}

function modelOf(
  { task, layers, classes, activation, preprocessing, threshold, conformal, quantiles }: Architecture,
  { outputShape }: Network,
  inputWidth: number,
  weights: TensorSet,
  parameters: number,
): TrainedModel {
  const outputWidth = outputShape[0] as number;
  const isRegression = task === "regression";
  const labels = Array.from({ length: isRegression ? 0 : Math.max(2, outputWidth) }, (_, index) => String(index));
  const isProbability = isRegression || finalLayers(layers).every(({ layer }) => PROBABILITY_LAYERS.has(layer.type));
  return {
    task,
    preprocessing,
    inputWidth,
    outputWidth,
    classes: classes && classes.length > 0 ? classes : labels,
    layers,
    activation: activation ?? (isProbability ? "none" : outputWidth === 1 ? "sigmoid" : "softmax"),
    ...(threshold !== undefined && { threshold }),
    ...(quantiles && { quantiles }),
    ...(conformal && { conformal }),
    parameters,
    weights: weights.entries,
    sha256: sha256Of(weights.data),
    receipt: NO_RECEIPT,
  };
}
