/**
 * The Open Inference Protocol, version 2, over REST (github.com/kserve/open-inference-protocol, inference_rest.md), with
 * tensors as inputs and outputs. Parameters are accepted and ignored, as the protocol allows.
 */
import { z } from "zod";
import { ignoredNames } from "../datasets/preprocessing.ts";
import { type FieldError, invalid } from "../errors.ts";
import type { Note } from "../notes.ts";
import type { Model, Prediction } from "./model.ts";
import { inputTensors, outputRow, outputTensors, rowsOfColumns } from "./served-tensors.ts";

const INTEGERS = ["INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"] as const;
const FLOATS = ["FP16", "FP32", "FP64"] as const;
const DATATYPES = [...INTEGERS, ...FLOATS, "BOOL", "BYTES"] as const;
type Datatype = (typeof DATATYPES)[number];

const parameters = z.record(z.string(), z.unknown()).optional();

const requestInput = z.object({
  name: z.string(),
  shape: z.array(z.int().min(0)).min(1),
  datatype: z.enum(DATATYPES),
  parameters,
  data: z.array(z.unknown()).meta({ description: "Row-major, flat or nested. null is a missing value." }),
});
type RequestInput = z.output<typeof requestInput>;

export const inferRequest = z
  .object({
    id: z.string().optional(),
    parameters,
    inputs: z.array(requestInput).min(1),
    outputs: z
      .array(z.object({ name: z.string(), parameters }))
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

/** Converts a request to the rows of a model. Throws invalid. */
export function inferRows(model: Model, { inputs }: InferRequest): unknown[] {
  const flat = inputs.map(flatValues);
  if (!model.preprocessing) return featureRows(model, inputs, flat[0] as unknown[]);
  const known = inputTensors(model).map(({ name }) => name);
  const ignored = ignoredNames(model.preprocessing);
  const columns = new Map<string, unknown[]>();
  inputs.forEach(({ name, shape }, index) => {
    const fail = (field: string, detail: string) => invalid([{ pointer: `/inputs/${index}/${field}`, detail }]);
    if (ignored?.has(name)) return;
    if (!known.includes(name)) throw fail("name", `${name} is not an input of this model, which has ${known.join(", ")}`);
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

/** Returns the values of a tensor, checked against its datatype and shape. */
function flatValues({ shape, datatype, data }: RequestInput, index: number): unknown[] {
  const values = data.flat(Number.POSITIVE_INFINITY);
  const count = shape.reduce((product, size) => product * size, 1);
  const fail = (detail: string): FieldError[] => [{ pointer: `/inputs/${index}/data`, detail }];
  if (values.length !== count) throw invalid(fail(`has ${values.length} values, and shape [${shape.join(", ")}] has ${count}`));
  const isOf = TYPES[datatype];
  const wrong = values.findIndex((value) => value !== null && !isOf(value));
  if (wrong >= 0) throw invalid(fail(`value ${wrong} is not of type ${datatype}`));
  return values;
}

const isNumber = (value: unknown) => typeof value === "number";
const TYPES = Object.fromEntries([
  ...INTEGERS.map((name) => [name, Number.isInteger]),
  ...FLOATS.map((name) => [name, isNumber]),
  ["BOOL", (value: unknown) => typeof value === "boolean"],
  ["BYTES", (value: unknown) => typeof value === "string"],
]) as Readonly<Record<Datatype, (value: unknown) => boolean>>;

const tensor = z.object({ name: z.string(), datatype: z.enum(DATATYPES), shape: z.array(z.int()) });

export const inferResponse = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    parameters: z.object({ notes: z.string() }).optional().meta({
      description:
        "Notes on odd rows as JSON, since a parameter is a text, a number or a truth; left out where there are none.",
    }),
    outputs: z.array(tensor.extend({ data: z.array(z.unknown()).meta({ description: "Row-major and flat." }) })),
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

/** Creates the response to a request. Throws invalid for an output that the model does not have. */
export function inferAnswer(
  model: Model,
  predictions: readonly Prediction[],
  notes: readonly Note[],
  { id, outputs }: InferRequest,
) {
  return {
    model_name: model.name,
    model_version: String(model.version),
    ...(id === undefined ? {} : { id }),
    ...(notes.length > 0 && { parameters: { notes: JSON.stringify(notes) } }),
    outputs: chosenOutputs(model, outputs).map(({ name, datatype, shape }) => ({
      name,
      datatype,
      shape: [predictions.length, ...shape.slice(1)],
      data: predictions.flatMap((prediction) => outputRow(name, prediction)),
    })),
  };
}

function chosenOutputs(model: Model, outputs: InferRequest["outputs"]) {
  const all = outputTensors(model);
  if (!outputs) return all;
  return outputs.map(({ name }, index) => {
    const found = all.find((output) => output.name === name);
    const names = all.map((output) => output.name).join(", ");
    if (!found)
      throw invalid([
        { pointer: `/outputs/${index}/name`, detail: `${name} is not an output of this model, which has ${names}` },
      ]);
    return found;
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
