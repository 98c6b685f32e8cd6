/**
 * Converts a gRPC inference request to the equivalent HTTP request with binary tensors, and its answer to a gRPC message: so both
 * transports have one meaning, one set of limits and the same notes.
 */

import { invalid, TrainyardError } from "../../domain/errors.ts";
import { JSON_LENGTH_HEADER, type RoutedRequest } from "../../domain/protocols/routed-request.ts";
import type { Encoded } from "../protobuf.ts";
import { bytes, integer, join, message, nested, string } from "../protobuf.ts";
import { type Message, readMessage } from "../protobuf-reader.ts";
import { modelInferRequest, requestId } from "./message-types.ts";
import { type Contents, shapeOf, tensorBytes } from "./tensor-contents.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Maximum fields of one request: some milliseconds of decoding. */
const MAX_FIELDS = 50_000;
/** Maximum tensors of one request: the JSON of more would not fit into a request to /v2. */
const MAX_TENSORS = 4096;
const BOUNDS = { fields: MAX_FIELDS, cure: "send the values of BYTES tensors as raw_input_contents, and numbers packed" };

interface InputTensor {
  readonly name?: string;
  readonly datatype?: string;
  readonly shape?: readonly Bytes[];
  readonly parameters?: readonly Message[];
  readonly contents?: Contents;
}

interface RequestedOutput {
  readonly name?: string;
  readonly parameters?: readonly Message[];
}

interface InferMessage {
  readonly model_name?: string;
  readonly model_version?: string;
  readonly id?: string;
  readonly parameters?: readonly Message[];
  readonly inputs?: readonly InputTensor[];
  readonly outputs?: readonly RequestedOutput[];
  readonly raw_input_contents?: readonly Bytes[];
}

/** Path segments that a URL resolves as steps, however they are written: no model has such a name. */
const STEPS: ReadonlySet<string> = new Set([".", ".."]);

/** The path of a model, or of its version if one is named. Throws not_found. */
export function modelPath(name = "", version = ""): string {
  if (STEPS.has(name) || STEPS.has(version))
    throw new TrainyardError(
      "not_found",
      `Request for unknown model: '${name}'${version && ` version ${version}`} is not found`,
    );
  return `/v2/models/${encodeURIComponent(name)}${version && `/versions/${encodeURIComponent(version)}`}`;
}

/** Decodes a `ModelInferRequest`. Throws `malformed`, `too_large` and `invalid`. */
export function inferRequestOf(encoded: Uint8Array): RoutedRequest {
  const asked = readMessage(modelInferRequest, encoded, BOUNDS) as InferMessage;
  const inputs = asked.inputs ?? [];
  if (inputs.length > MAX_TENSORS)
    throw new TrainyardError("too_large", `inputs has ${inputs.length} tensors, more than the limit of ${MAX_TENSORS}`);
  const raw = asked.raw_input_contents;
  if (raw && raw.length !== inputs.length) {
    const detail = `has ${raw.length} tensors, but inputs has ${inputs.length}: send one for each, in their order`;
    throw invalid([{ pointer: "/raw_input_contents", detail }]);
  }
  const tensors: Bytes[] = [];
  const written: object[] = [];
  for (const [index, { name = "", datatype = "", shape = [], parameters, contents }] of inputs.entries()) {
    const pointer = `/inputs/${index}`;
    if (raw && contents)
      throw invalid([{ pointer: `${pointer}/contents`, detail: "must be left out beside raw_input_contents" }]);
    const tensor = raw?.[index] ?? tensorBytes(contents ?? {}, datatype, pointer);
    tensors.push(tensor);
    const known = { ...parametersOf(parameters), binary_data_size: tensor.length };
    written.push({ name, datatype, shape: shapeOf(shape, pointer), parameters: known });
  }
  const json = new TextEncoder().encode(
    JSON.stringify({
      ...(asked.id && { id: asked.id }),
      parameters: { ...parametersOf(asked.parameters), binary_data_output: true },
      inputs: written,
      ...(asked.outputs && {
        outputs: asked.outputs.map(({ name = "", parameters }) => ({ name, parameters: parametersOf(parameters) })),
      }),
    }),
  );
  return {
    method: "POST",
    url: `${modelPath(asked.model_name, asked.model_version)}/infer`,
    headers: { [JSON_LENGTH_HEADER]: String(json.length), "content-type": "application/octet-stream" },
    payload: join({ size: tensors.reduce((total, { length }) => total + length, json.length), pieces: [json, ...tensors] }),
  };
}

/** Parameters by name, without those that say where bytes are, which the message itself says. */
function parametersOf(entries: readonly Message[] = []): Record<string, unknown> {
  const known = entries.flatMap(({ key = "", value = {} }) => {
    const [chosen] = Object.values(value as Message);
    return chosen === undefined || String(key).startsWith("binary_data") ? [] : [[String(key), chosen] as const];
  });
  return Object.fromEntries(known);
}

interface InferAnswer {
  readonly model_name: string;
  readonly model_version: string;
  readonly id?: string;
  readonly parameters?: { readonly notes: string };
  readonly outputs: readonly {
    readonly name: string;
    readonly datatype: string;
    readonly shape: readonly number[];
    readonly parameters: { readonly binary_data_size: number };
  }[];
}

/** Encodes a `ModelInferResponse`, whose tensors are all in `raw_output_contents`. */
export function inferResponseOf(headers: Readonly<Record<string, unknown>>, body: Buffer): Bytes {
  const length = Number(headers[JSON_LENGTH_HEADER]);
  const answer = JSON.parse(body.toString("utf8", 0, length)) as InferAnswer;
  const tensors: Encoded[] = [];
  let at = length;
  for (const { parameters } of answer.outputs) {
    tensors.push(bytes(6, new Uint8Array(body.subarray(at, at + parameters.binary_data_size))));
    at += parameters.binary_data_size;
  }
  return join(
    message(
      string(1, answer.model_name),
      string(2, answer.model_version),
      string(3, answer.id ?? ""),
      ...(answer.parameters ? [nested(4, message(string(1, "notes"), nested(2, string(3, answer.parameters.notes))))] : []),
      ...answer.outputs.map((output) => nested(5, tensorDescription(output))),
      ...tensors,
    ),
  );
}

/** Encodes a `ModelStreamInferResponse` with a result, which is a `ModelInferResponse`. */
export function streamedInference(response: Bytes): Uint8Array {
  return join(bytes(2, response));
}

/** Encodes a `ModelStreamInferResponse` with an error. Its result has only the id of the request, so that the client knows which one failed. */
export function streamedError(detail: string, request: Uint8Array): Uint8Array {
  const id = idOf(request);
  return join(message(string(1, detail.toWellFormed()), ...(id ? [nested(2, message(string(3, id)))] : [])));
}

/** The id of a request that may be malformed elsewhere. */
function idOf(request: Uint8Array): string | undefined {
  try {
    return (readMessage(requestId, request, BOUNDS) as InferMessage).id;
  } catch (error) {
    if (error instanceof TrainyardError) return undefined;
    throw error;
  }
}

/** Name, datatype and shape, which have the same field numbers in all messages of tensors. */
export function tensorDescription(tensor: {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
}): Encoded {
  const sizes = tensor.shape.map((size) => integer(3, size));
  return message(string(1, tensor.name), string(2, tensor.datatype), ...sizes);
}
