/**
 * The Open Inference Protocol, version 2, over REST (github.com/kserve/open-inference-protocol, inference_rest.md), with tensors as inputs
 * and outputs, in JSON or as bytes behind it. Other parameters are accepted and ignored, as the protocol allows. Errors that Triton has are
 * worded as Triton words them, because clients look for these words.
 */
import { z } from "zod";
import { ignoredNames } from "../datasets/preprocessing.ts";
import { invalid, type TrainyardError } from "../errors.ts";
import type { Model, Prediction } from "../models/model.ts";
import type { Note } from "../notes.ts";
import {
  inputTensors,
  type OutputDescription,
  outputRow,
  outputTensors,
  rowsOfColumns,
  type TensorDescription,
} from "./served-tensors.ts";
import { DATATYPES, isOfType, readTensor, writeTensor } from "./tensor-bytes.ts";

const requestInput = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)).min(1),
  datatype: z.enum(DATATYPES),
  parameters: z
    .looseObject({
      binary_data_size: z.int().min(0).optional().meta({
        description: "The bytes of the tensor, which follow the JSON in the order of the inputs. NaN is a missing value.",
      }),
    })
    .optional(),
  data: z
    .array(z.unknown())
    .optional()
    .meta({ description: "Row-major, flat or nested. null is a missing value. Left out where `binary_data_size` is given." }),
});
type RequestInput = z.output<typeof requestInput>;

export const inferRequest = z
  .object({
    id: z.string().optional(),
    parameters: z
      .looseObject({
        binary_data_output: z.boolean().optional().meta({ description: "Whether outputs are answered in bytes." }),
      })
      .optional(),
    inputs: z.array(requestInput).min(1),
    outputs: z
      .array(
        z.object({
          name: z.string(),
          parameters: z
            .looseObject({
              binary_data: z.boolean().optional().meta({ description: "Whether this one is, whatever that says." }),
            })
            .optional(),
        }),
      )
      .min(1)
      .optional(),
  })
  .meta({
    id: "InferRequest",
    examples: [
      { id: "42", inputs: [{ name: "features", shape: [2, 2], datatype: "FP32", data: [0.5, -0.2, 1.5, 0.3] }] },
      {
        inputs: [
          { name: "island", shape: [1], datatype: "BYTES", data: ["Dream"] },
          { name: "body_mass_g", shape: [1], datatype: "FP64", data: [3750] },
        ],
        outputs: [{ name: "label" }],
      },
    ],
  });

export type InferRequest = z.output<typeof inferRequest>;

/** Converts a request to the rows of a model. `bytes` are those behind its JSON. Throws invalid. */
export function inferRows(model: Model, { inputs }: InferRequest, bytes: Uint8Array): unknown[] {
  const flat = valuesOf(inputs, bytes);
  if (!model.preprocessing) return featureRows(model, inputs, flat[0] as unknown[]);
  const known = inputTensors(model).map(({ name }) => name);
  const ignored = ignoredNames(model.preprocessing);
  const columns = new Map<string, unknown[]>();
  inputs.forEach(({ name, shape }, index) => {
    const fail = (field: string, detail: string) => invalid([{ pointer: `/inputs/${index}/${field}`, detail }]);
    if (ignored?.has(name)) return;
    if (!known.includes(name))
      throw fail("name", `unexpected inference input '${name}' for model '${model.name}', which has ${known.join(", ")}`);
    if (columns.has(name)) throw fail("name", `${name} is given twice`);
    if (shape.length > 2 || (shape[1] ?? 1) !== 1) throw fail("shape", "must be [rows] or [rows, 1]: one tensor per column");
    columns.set(name, flat[index] as unknown[]);
  });
  return rowsOfColumns(columns, ["inputs"]);
}

/** Converts the only tensor of a model without column names to rows. It may have any name, and any axes after the first. */
function featureRows({ inputWidth }: Model, inputs: readonly RequestInput[], values: readonly unknown[]): unknown[] {
  const [rows = 0, ...rest] = inputs[0]?.shape ?? [];
  const width = rest.reduce((product, size) => product * size, 1);
  if (inputs.length > 1 || width !== inputWidth) {
    const detail = `must be one tensor of shape [rows, ${inputWidth}]`;
    throw invalid([{ pointer: inputs.length > 1 ? "/inputs" : "/inputs/0/shape", detail }]);
  }
  return Array.from({ length: rows }, (_, row) => values.slice(row * width, (row + 1) * width));
}

/** Returns the values of each tensor, checked against its datatype and shape. */
function valuesOf(inputs: readonly RequestInput[], bytes: Uint8Array): unknown[][] {
  let at = 0;
  const values = inputs.map((input, index) => {
    const size = input.parameters?.binary_data_size;
    const fail = (field: string, detail: string) => invalid([{ pointer: `/inputs/${index}/${field}`, detail }]);
    if (size === undefined) return jsonValues(input, (detail) => fail("data", detail));
    if (input.data) throw fail("data", "must be left out where parameters.binary_data_size says that bytes follow the JSON");
    if (size > bytes.length - at)
      throw fail("parameters/binary_data_size", `is ${size}, and ${bytes.length - at} bytes are left behind the JSON`);
    const read = readTensor(bytes.subarray(at, at + size), input.datatype, elementsOf(input));
    if (typeof read === "string") throw fail("parameters/binary_data_size", read);
    at += size;
    return read;
  });
  if (at < bytes.length) {
    const detail = `of all inputs name ${at} bytes, and ${bytes.length} follow the JSON`;
    throw invalid([{ pointer: "/inputs", detail: `the binary_data_size parameters ${detail}` }]);
  }
  return values;
}

const elementsOf = ({ shape }: RequestInput) => shape.reduce((product, size) => product * size, 1);

function jsonValues(input: RequestInput, fail: (detail: string) => TrainyardError): unknown[] {
  const { shape, datatype, data } = input;
  if (!data) throw fail("is missing, and no parameters.binary_data_size says that bytes follow the JSON");
  const values = data.flat(Number.POSITIVE_INFINITY);
  const count = elementsOf(input);
  if (values.length !== count) throw fail(`has ${values.length} values, and shape [${shape.join(", ")}] has ${count}`);
  const wrong = values.findIndex((value) => value !== null && !isOfType(value, datatype));
  if (wrong >= 0) throw fail(`value ${wrong} is not of type ${datatype}`);
  return values;
}

const tensor = z.object({ name: z.string(), datatype: z.enum(DATATYPES), shape: z.array(z.int()) });

export const inferResponse = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    parameters: z.object({ notes: z.string() }).optional().meta({
      description:
        "Notes on odd rows as JSON, because a parameter is a text, a number or a boolean; left out if there are none.",
    }),
    outputs: z.array(
      tensor.extend({
        parameters: z.object({ binary_data_size: z.int() }).optional().meta({
          description: "The bytes of the tensor, which follow the JSON in the order of the outputs, if bytes were requested.",
        }),
        data: z.array(z.unknown()).optional().meta({ description: "Row-major and flat." }),
      }),
    ),
  })
  .meta({
    id: "InferResponse",
    examples: [
      {
        model_name: "penguins",
        model_version: "3",
        id: "42",
        outputs: [{ name: "label", datatype: "BYTES", shape: [1], data: ["Adelie"] }],
      },
    ],
  });

/**
 * Creates the response to a request: the JSON, and the bytes behind it, null if no output was requested as bytes. Throws invalid for an
 * output that the model does not have.
 */
export function inferAnswer(
  model: Model,
  predictions: readonly Prediction[],
  notes: readonly Note[],
  { id, outputs, parameters }: InferRequest,
): { readonly json: object; readonly bytes: readonly Uint8Array[] | null } {
  const bytes: Uint8Array[] = [];
  const written = chosenOutputs(model, outputs).map(({ name, datatype, shape, inBytes = parameters?.binary_data_output }) => {
    const described = { name, datatype, shape: [predictions.length, ...shape.slice(1)] };
    const data = predictions.flatMap((prediction) => outputRow(name, prediction));
    if (!inBytes) return { ...described, data };
    const own = writeTensor(data, datatype);
    bytes.push(own);
    return { ...described, parameters: { binary_data_size: own.length } };
  });
  const json = {
    model_name: model.name,
    model_version: String(model.version),
    ...(id === undefined ? {} : { id }),
    ...(notes.length > 0 && { parameters: { notes: JSON.stringify(notes) } }),
    outputs: written,
  };
  return { json, bytes: bytes.length > 0 ? bytes : null };
}

interface ChosenOutput extends OutputDescription {
  /** The request's parameters for this output alone. */
  readonly inBytes?: boolean | undefined;
}

function chosenOutputs(model: Model, outputs: InferRequest["outputs"]): readonly ChosenOutput[] {
  const all = outputTensors(model);
  if (!outputs) return all;
  return outputs.map(({ name, parameters }, index) => {
    const found = all.find((output) => output.name === name);
    const names = all.map((output) => output.name).join(", ");
    if (!found) {
      const detail = `unexpected inference output '${name}' for model '${model.name}', which has ${names}`;
      throw invalid([{ pointer: `/outputs/${index}/name`, detail }]);
    }
    if (outputs.findIndex((output) => output.name === name) < index)
      throw invalid([{ pointer: `/outputs/${index}/name`, detail: `${name} is asked for twice` }]);
    return { ...found, inBytes: parameters?.binary_data };
  });
}

export const modelMetadata = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(tensor),
    outputs: z.array(tensor),
  })
  .meta({ id: "ModelMetadata", description: "-1 in a shape is any number of rows." });

/** Returns the protocol's metadata of a model. */
export function metadataOf(model: Model, versions: readonly number[]) {
  return {
    name: model.name,
    versions: versions.map(String),
    platform: "trainyard",
    inputs: inputTensors(model),
    outputs: outputTensors(model),
  };
}

const configTensor = z.object({ name: z.string(), data_type: z.string(), dims: z.array(z.int()) });

export const modelConfig = z
  .object({
    name: z.string(),
    platform: z.string(),
    backend: z.string(),
    max_batch_size: z.literal(0),
    input: z.array(configTensor),
    output: z.array(configTensor),
  })
  .meta({ id: "ModelConfig", description: "The fields of Triton's ModelConfig message that apply to models here." });

/** Returns the configuration of a model, as in Triton's model configuration extension. -1 is any number of rows. */
export function configOf(model: Model): z.output<typeof modelConfig> {
  const written = ({ name, datatype, shape }: TensorDescription) => ({
    name,
    data_type: datatype === "BYTES" ? "TYPE_STRING" : `TYPE_${datatype}`,
    dims: [...shape],
  });
  return {
    name: model.name,
    platform: "trainyard",
    backend: "trainyard",
    max_batch_size: 0,
    input: inputTensors(model).map(written),
    output: outputTensors(model).map(written),
  };
}
