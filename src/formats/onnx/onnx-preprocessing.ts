/**
 * The preprocessing of raw columns as ONNX nodes: one input per column, named like the column, and the network's features as output.
 * Numbers are doubles, so that large offsets lose no digits, and NaN or a number that the table used for it if missing. Datetimes are milliseconds since 1970 as doubles, and NaN
 * if missing. Categories are labels, and missing if they are "" or one of the column's missing words.
 */
import { missingNumbers } from "../../domain/datasets/column-reading.ts";
import { binEdges, hasValue, isCyclic, type Scaling, type ValueColumn } from "../../domain/datasets/preprocessing.ts";
import { datetimeParts } from "./onnx-datetime.ts";
import { type GraphBuilder, TYPE, type Value } from "./onnx-graph.ts";
import { isMissingLabel, spelledAsLabel } from "./onnx-label-text.ts";

/** Adds the inputs of all columns and returns their concatenated features, float32 [batch, width]. */
export function writeColumns(graph: GraphBuilder, columns: readonly ValueColumn[], tableOf: (column: string) => Value): Value {
  // All inputs before any other value, because users rely on their names.
  const raw = columns.map(({ kind, column }) => graph.input(column, INPUTS[kind].type, 1, INPUTS[kind].doc));
  const features = columns.flatMap((column, index) => featuresOf(graph, column, raw[index] as Value, tableOf));
  return features.length === 1 ? (features[0] as Value) : graph.node("Concat", features, { axis: 1 });
}

const INPUTS = {
  numeric: { type: "double", doc: "a number; NaN where it is missing" },
  datetime: { type: "double", doc: "milliseconds since 1970 in UTC; NaN where it is missing" },
  category: { type: "string", doc: 'a label, spelled as the model spells it; "" or a word for it where it is missing' },
} as const;

function featuresOf(graph: GraphBuilder, column: ValueColumn, raw: Value, tableOf: (column: string) => Value): Value[] {
  if (column.kind === "category") return [categoryFeatures(graph, column, raw, tableOf)];
  const codes = column.kind === "numeric" ? [...missingNumbers(column.reading ?? {})] : [];
  const missing = codes.reduce(
    (found, code) => graph.node("Or", [found, graph.node("Equal", [raw, graph.constant("double", code)])]),
    graph.node("IsNaN", [raw]),
  );
  const filled = graph.node("Where", [missing, graph.constant("double", column.fill), raw]);
  const indicator = column.indicator ? [graph.node("Cast", [missing], { to: TYPE.float })] : [];
  if (column.kind === "numeric") return [...numberFeatures(graph, column, filled), ...indicator];
  const parts = datetimeParts(graph, filled);
  const features = column.parts.flatMap(({ part, scaling, latest }) => {
    const value = parts[part](latest ?? 0);
    if (!isCyclic(part)) return [toFloat(graph, scaled(graph, value, scaling))];
    const angle = toFloat(graph, graph.node("Mul", [value, graph.constant("double", 2 * Math.PI)]));
    return [graph.node("Sin", [angle]), graph.node("Cos", [angle])];
  });
  return [...features, ...indicator];
}

/** The scaled value, clipped if required, and the shares of the bins below the value. */
function numberFeatures(graph: GraphBuilder, column: Extract<ValueColumn, { kind: "numeric" }>, filled: Value): Value[] {
  const edges = binEdges(column);
  const value = scaled(graph, filled, column.scaling);
  const clipped = column.clip === "smooth" ? smoothlyClipped(graph, value) : value;
  return [
    ...(hasValue(column) ? [toFloat(graph, clipped)] : []),
    ...(edges.length > 0 ? [toFloat(graph, binFeatures(graph, edges, filled))] : []),
  ];
}

function smoothlyClipped(graph: GraphBuilder, value: Value): Value {
  const third = graph.node("Div", [value, graph.constant("double", 3)]);
  const square = graph.node("Mul", [third, third]);
  return graph.node("Div", [value, graph.node("Sqrt", [graph.node("Add", [square, graph.constant("double", 1)])])]);
}

/** [batch, bins] of [batch, 1]. */
function binFeatures(graph: GraphBuilder, edges: readonly number[], value: Value): Value {
  const bins = edges.length - 1;
  const row = (values: readonly number[]) => graph.constant("double", values, [1, bins]);
  const widths = edges.slice(1).map((edge, bin) => edge - (edges[bin] as number));
  const from = graph.node("Sub", [value, row(edges.slice(0, -1))]);
  const least = edges.slice(1).map((_, bin) => (bin === 0 ? -1 : 0));
  const most = edges.slice(1).map((_, bin) => (bin === bins - 1 ? 2 : 1));
  return graph.node("Min", [graph.node("Max", [graph.node("Div", [from, row(widths)]), row(least)]), row(most)]);
}

function toFloat(graph: GraphBuilder, value: Value): Value {
  return graph.node("Cast", [value], { to: TYPE.float });
}

function scaled(graph: GraphBuilder, value: Value, scaling: Scaling | null): Value {
  if (!scaling) return value;
  const centred = graph.node("Sub", [value, graph.constant("double", scaling.offset)]);
  return graph.node("Div", [centred, graph.constant("double", scaling.scale)]);
}

/** One-hot with a last position for unknown labels; or the index in it, as a number or embedded as the row of a table. */
function categoryFeatures(
  graph: GraphBuilder,
  encoded: Extract<ValueColumn, { kind: "category" }>,
  raw: Value,
  tableOf: (column: string) => Value,
): Value {
  const { column, categories, fill, encode, dimension } = encoded;
  const text = spelledAsLabel(graph, encoded, raw);
  // Without a fill, a missing value and an unknown label are both "other".
  const filled =
    fill === null ? text : graph.node("Where", [isMissingLabel(graph, encoded, text), graph.constant("string", fill), text]);
  const labels = graph.constant("string", categories, [1, categories.length]);
  const known = graph.node("Cast", [graph.node("Equal", [filled, labels])], { to: TYPE.float });
  const count = graph.node("ReduceSum", [known, graph.constant("int64", [1])], { keepdims: 1 });
  const other = graph.node("Sub", [graph.constant("float", 1), count]);
  const oneHot = graph.node("Concat", [known, other], { axis: 1 });
  if (encode === "one_hot") return oneHot;
  const index = graph.node("ArgMax", [oneHot], { axis: 1, keepdims: 1 });
  if (dimension === null) return toFloat(graph, index);
  return graph.node("Flatten", [graph.node("Gather", [tableOf(column), index], { axis: 0 })], { axis: 1 });
}
