/**
 * Exports a model as an ONNX file (onnx.ai): preprocessing, network and final activation in one graph, with the same rows as
 * input and the same numbers as output as predict. The batch axis is dynamic.
 */
import type { EncodedColumn, TargetScaling, ValueColumn } from "../../domain/datasets/preprocessing.ts";
import { TrainyardError } from "../../domain/errors.ts";
import type { Model } from "../../domain/models/model.ts";
import { valuePlace } from "../../domain/quantiles.ts";
import { elementCount, type TensorSet } from "../../domain/tensor.ts";
import type { Encoded } from "../protobuf.ts";
import { createGraph, type GraphBuilder, TYPE, type Value } from "./onnx-graph.ts";
import { logistic, type Weights, writeLayers } from "./onnx-layers.ts";
import { writeColumns } from "./onnx-preprocessing.ts";

export const ONNX_TYPE = "application/octet-stream";

/** As in training/data/target-units.ts: beyond it, float32 overflows. */
const MAX_LOG = 88;

/** The size limit of protocol buffers. */
const MAX_BYTES = 2 ** 31 - 1;
const FLOAT_BYTES = 4;

/**
 * Encodes the file in pieces, without copying the weights. Inputs: `features` [batch, width], or one per raw column. Outputs:
 * `value` [batch, outputs] of a regression, and `quantiles` [batch, quantiles] where it has some; `probabilities` [batch, classes] and `label` [batch] of a classification. Throws
 * invalid if the model is too large for the format, or takes texts.
 */
export function encodeOnnx(model: Model, weights: TensorSet): Encoded {
  const graph = createGraph();
  const tensors = tensorsOf(graph, weights);
  const { preprocessing } = model;
  const features = preprocessing
    ? writeColumns(graph, preprocessing.columns.map(withoutText), (column) => tensors.value(`embedding.${column}.weight`))
    : graph.input("features", "float", model.inputWidth, "numbers as the network takes them");
  const output = writeLayers(graph, model.layers, { value: features, axes: 1 }, (path) => ({
    value: (name) => tensors.value(`${path}.${name}`),
    shape: (name) => tensors.shape(`${path}.${name}`),
  }));
  OUTPUTS[model.task](graph, activated(graph, model.activation, output.value), model);
  const encoded = graph.model(model.name, { "trainyard.model": model.id, "trainyard.sha256": model.sha256 });
  if (encoded.size > MAX_BYTES)
    throw new TrainyardError(
      "invalid",
      `the model needs ${encoded.size} bytes as ONNX, more than the ${MAX_BYTES} of the format: download its weights as safetensors`,
    );
  return encoded;
}

/** Throws invalid for a text column: no ONNX operator splits a text at everything except letters, or into characters. */
function withoutText(column: EncodedColumn): ValueColumn {
  if (column.kind !== "text") return column;
  const detail = `the model takes the text of ${column.column}, but ONNX has no operator that cuts a text into words with punctuation between them, or into characters`;
  throw new TrainyardError("invalid", `${detail}: predict over the API, or download its weights as safetensors`);
}

const OUTPUTS: Readonly<Record<Model["task"], (graph: GraphBuilder, output: Value, model: Model) => void>> = {
  regression: writeValue,
  binary_classification: writeClasses,
  multiclass_classification: writeClasses,
};

/** Returns tensors by name. Each is added to the graph on its first use. */
function tensorsOf(graph: GraphBuilder, { entries, data }: TensorSet): Weights {
  const tensors = new Map<string, { shape: readonly number[]; bytes: Uint8Array<ArrayBuffer> }>();
  let offset = data.byteOffset;
  for (const { name, shape } of entries) {
    const length = elementCount(shape) * FLOAT_BYTES;
    tensors.set(name, { shape, bytes: new Uint8Array(data.buffer, offset, length) });
    offset += length;
  }
  const added = new Map<string, Value>();
  const tensorNamed = (name: string) => {
    const found = tensors.get(name);
    if (!found) throw new Error(`the model has no tensor ${name}`);
    return found;
  };
  return {
    shape: (name) => tensorNamed(name).shape,
    value(name) {
      const value = added.get(name) ?? graph.tensor(name, tensorNamed(name).shape, tensorNamed(name).bytes);
      added.set(name, value);
      return value;
    },
  };
}

function activated(graph: GraphBuilder, activation: Model["activation"], output: Value): Value {
  if (activation === "none") return output;
  return activation === "sigmoid" ? logistic(graph, output) : graph.node("Softmax", [output], { axis: -1 });
}

/** Adds the output of a regression, with the scaling of its targets undone. */
function writeValue(graph: GraphBuilder, output: Value, { preprocessing, outputWidth, quantiles }: Model): void {
  const scalings: readonly TargetScaling[] =
    preprocessing?.targets.map(({ scaling }) => scaling ?? { offset: 0, scale: 1 }) ?? [];
  const isScaled = scalings.some(({ offset, scale }) => offset !== 0 || scale !== 1);
  const isLog = scalings.some(({ transform }) => transform === "log");
  const value = isLog ? exponentials(graph, output, scalings) : isScaled ? rescaled(graph, output, scalings, "float") : output;
  const targets = preprocessing?.targets.map(({ column }) => column).join(", ") ?? "";
  if (quantiles) writeQuantiles(graph, value, quantiles, targets);
  else graph.output("value", value, "float", outputWidth, targets);
}

/** Adds quantiles in ascending order, and the one that is the value. */
function writeQuantiles(graph: GraphBuilder, output: Value, quantiles: readonly number[], target: string): void {
  const attributes = { axis: 1, largest: 0, sorted: 1 };
  const sorted = graph.node("TopK", [output, graph.constant("int64", [quantiles.length])], attributes, 2);
  const value = graph.node("Gather", [sorted, graph.constant("int64", [valuePlace(quantiles)])], { axis: 1 });
  graph.output("value", value, "float", 1, target);
  graph.output("quantiles", sorted, "float", quantiles.length, `of ${target}: ${quantiles.join(", ")}`);
}

function rescaled(graph: GraphBuilder, output: Value, scalings: readonly TargetScaling[], type: "float" | "double"): Value {
  const product = graph.node("Mul", [
    output,
    graph.constant(
      type,
      scalings.map(({ scale }) => scale),
    ),
  ]);
  return graph.node("Add", [
    product,
    graph.constant(
      type,
      scalings.map(({ offset }) => offset),
    ),
  ]);
}

/** Targets learned as logarithms, in doubles as in predict: exp of a float32 would lose digits. */
function exponentials(graph: GraphBuilder, output: Value, scalings: readonly TargetScaling[]): Value {
  const logs = rescaled(graph, graph.node("Cast", [output], { to: TYPE.double }), scalings, "double");
  const bounded = graph.node("Min", [logs, graph.constant("double", MAX_LOG)]);
  const own = graph.node("Sub", [graph.node("Exp", [bounded]), graph.constant("double", 1)]);
  return graph.node("Cast", [own], { to: TYPE.float });
}

function writeClasses(graph: GraphBuilder, output: Value, { classes, outputWidth, threshold }: Model): void {
  const first = () => graph.node("Sub", [graph.constant("float", 1), output]);
  const probabilities = outputWidth === 1 ? graph.node("Concat", [first(), output], { axis: 1 }) : output;
  const mostProbable = () => graph.node("ArgMax", [probabilities], { axis: 1, keepdims: 0 });
  const place =
    threshold === undefined || classes.length !== 2 ? mostProbable() : decidedPlace(graph, probabilities, threshold);
  const label = graph.node("Gather", [graph.constant("string", classes), place], { axis: 0 });
  graph.output("probabilities", probabilities, "float", classes.length, `of ${JSON.stringify(classes)}`);
  graph.output("label", label, "string", null, labelText(threshold));
}

/** The index of the class of each row: the second if its probability, [batch, 2], is above the threshold. */
function decidedPlace(graph: GraphBuilder, probabilities: Value, threshold: number): Value {
  const second = graph.node("Gather", [probabilities, graph.constant("int64", 1)], { axis: 1 });
  // In float64, as predict compares.
  const exact = graph.node("Cast", [second], { to: TYPE.double });
  const isAbove = graph.node("Greater", [exact, graph.constant("double", threshold)]);
  return graph.node("Cast", [isAbove], { to: TYPE.int64 });
}

const labelText = (threshold: number | undefined): string =>
  threshold === undefined ? "the most probable class" : `the second class where its probability is above ${threshold}`;
