/**
 * The REST API of TensorFlow Serving (tensorflow.org/tfx/serving/api_rest, "Predict API"): the request has rows (`instances`) or
 * columns (`inputs`), and the response has `predictions` or `outputs`.
 */
import { z } from "zod";
import { invalid } from "../errors.ts";
import type { Model, Prediction } from "../models/model.ts";
import {
  FEATURES,
  inputTensors,
  outputRow,
  outputTensors,
  rowsOfColumns,
  type TensorDescription,
  withoutUnitAxis,
} from "./served-tensors.ts";

export const tfRequest = z
  .strictObject({
    signature_name: z.string().optional().meta({ description: "A model has one signature; whatever is said, it serves." }),
    instances: z.array(z.unknown()).min(1).optional().meta({ description: "Row format: a row an element." }),
    inputs: z
      .union([z.array(z.unknown()).min(1), z.record(z.string(), z.array(z.unknown()))])
      .optional()
      .meta({ description: "Columnar format: a list for each named input, or the rows of the only one." }),
  })
  .refine(({ instances, inputs }) => (instances === undefined) !== (inputs === undefined), {
    error: "must have either instances or inputs",
  })
  .meta({
    id: "TfPredictRequest",
    examples: [{ instances: [[0.5, -0.2]] }, { inputs: { island: ["Dream"], body_mass_g: [3750] } }],
  });

export type TfRequest = z.output<typeof tfRequest>;

/** Converts a request to the rows of a model. Throws invalid. */
export function tfRows(model: Model, { instances, inputs }: TfRequest): unknown[] {
  if (instances) return instances.map((row) => plainRow(model, row));
  if (Array.isArray(inputs)) return inputs.map((row) => plainRow(model, row));
  const columns = Object.entries(inputs ?? {});
  if (model.preprocessing) {
    return rowsOfColumns(new Map(columns.map(([name, values]) => [name, values.map(plainValue)])), ["inputs"]);
  }
  const [only, ...others] = columns;
  if (only?.[0] !== FEATURES || others.length > 0) {
    throw invalid([{ pointer: "/inputs", detail: `must have ${FEATURES} alone: the columns of this model have no names` }]);
  }
  return only[1].map((row) => plainRow(model, row));
}

/** Converts one row: an object of named inputs, or the value of the only input; a scalar is a row of one value. */
function plainRow(model: Model, row: unknown): unknown {
  if (Array.isArray(row)) return row.map(plainValue);
  if (typeof row !== "object" || row === null) return inputTensors(model).length === 1 && widthOf(model) === 1 ? [row] : row;
  if (!model.preprocessing) return Object.keys(row).length === 1 && FEATURES in row ? plainRow(model, row[FEATURES]) : row;
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plainValue(value)]));
}

const widthOf = ({ preprocessing, inputWidth }: Model) => preprocessing?.columns.length ?? inputWidth;

/** Unwraps a value: removes an axis of size 1, and the object around base64-encoded binary text. */
function plainValue(value: unknown): unknown {
  const inner = withoutUnitAxis(value);
  if (typeof inner !== "object" || inner === null || !("b64" in inner) || typeof inner.b64 !== "string") return inner;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(atob(inner.b64), (byte) => byte.charCodeAt(0)));
  } catch {
    return inner;
  }
}

/**
 * Creates the response, in the format of the request. The name of a single output is left out, and a regression with one value
 * is a scalar per row.
 */
export function tfAnswer(model: Model, predictions: readonly Prediction[], { instances }: TfRequest): object {
  const names = outputTensors(model).map(({ name }) => name);
  const cellOf = (name: string, prediction: Prediction) => withoutUnitAxisOf(model, name, outputRow(name, prediction));
  const column = (name: string) => predictions.map((prediction) => cellOf(name, prediction));
  const [only = "", ...others] = names;
  if (!instances) {
    return { outputs: others.length === 0 ? column(only) : Object.fromEntries(names.map((name) => [name, column(name)])) };
  }
  if (others.length === 0) return { predictions: column(only) };
  return {
    predictions: predictions.map((prediction) => Object.fromEntries(names.map((name) => [name, cellOf(name, prediction)]))),
  };
}

const withoutUnitAxisOf = ({ task, outputWidth, quantiles }: Model, name: string, value: unknown): unknown =>
  task === "regression" && (quantiles ? name === "value" : outputWidth === 1) ? withoutUnitAxis(value) : value;

const tensorInfo = z.object({
  name: z.string(),
  dtype: z.string(),
  tensor_shape: z.object({ dim: z.array(z.object({ size: z.string(), name: z.string() })), unknown_rank: z.literal(false) }),
});
const signature = z.object({
  inputs: z.record(z.string(), tensorInfo),
  outputs: z.record(z.string(), tensorInfo),
  method_name: z.string(),
});

export const tfMetadata = z
  .object({
    model_spec: z.object({ name: z.string(), signature_name: z.literal(""), version: z.string() }),
    metadata: z.object({ signature_def: z.object({ signature_def: z.record(z.string(), signature) }) }),
  })
  .meta({ id: "TfModelMetadata" });

/** TensorFlow's names of the types of tensors. */
const DTYPES: Readonly<Record<TensorDescription["datatype"], string>> = {
  FP32: "DT_FLOAT",
  FP64: "DT_DOUBLE",
  INT64: "DT_INT64",
  BOOL: "DT_BOOL",
  BYTES: "DT_STRING",
};

/** Returns the metadata of a model: its one signature, `serving_default`. -1 is any number of rows. */
export function tfMetadataOf(model: Model): z.output<typeof tfMetadata> {
  const infoOf = ({ name, datatype, shape }: TensorDescription): [string, z.output<typeof tensorInfo>] => {
    const dim = shape.map((size) => ({ size: String(size), name: "" }));
    return [name, { name, dtype: DTYPES[datatype], tensor_shape: { dim, unknown_rank: false } }];
  };
  const serving_default = {
    inputs: Object.fromEntries(inputTensors(model).map(infoOf)),
    outputs: Object.fromEntries(outputTensors(model).map(infoOf)),
    method_name: "tensorflow/serving/predict",
  };
  return {
    model_spec: { name: model.name, signature_name: "", version: String(model.version) },
    metadata: { signature_def: { signature_def: { serving_default } } },
  };
}
