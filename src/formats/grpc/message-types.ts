/**
 * The messages of the Open Inference Protocol's gRPC service: names and numbers of fields as in open_inference_grpc.proto
 * (github.com/kserve/open-inference-protocol), which equals Triton's grpc_service.proto.
 */
import type { MessageType } from "../protobuf-reader.ts";

/** A oneof: only one is sent. */
const parameter: MessageType = {
  1: { name: "bool", kind: "bool" },
  2: { name: "int64", kind: "integer" },
  3: { name: "string", kind: "text" },
  4: { name: "double", kind: "double" },
  5: { name: "uint64", kind: "integer" },
};

/** An entry of a map from names to parameters. */
const parameterEntry: MessageType = {
  1: { name: "key", kind: "text" },
  2: { name: "value", kind: parameter },
};

/** The values of a tensor, in the field of its datatype. */
const tensorContents: MessageType = {
  1: { name: "bool", kind: "elements" },
  2: { name: "int", kind: "elements" },
  3: { name: "int64", kind: "elements" },
  4: { name: "uint", kind: "elements" },
  5: { name: "uint64", kind: "elements" },
  6: { name: "fp32", kind: "elements" },
  7: { name: "fp64", kind: "elements" },
  8: { name: "bytes", kind: "bytes", isRepeated: true },
};

const inputTensor: MessageType = {
  1: { name: "name", kind: "text" },
  2: { name: "datatype", kind: "text" },
  3: { name: "shape", kind: "elements" },
  4: { name: "parameters", kind: parameterEntry, isRepeated: true },
  5: { name: "contents", kind: tensorContents },
};

const requestedOutput: MessageType = {
  1: { name: "name", kind: "text" },
  2: { name: "parameters", kind: parameterEntry, isRepeated: true },
};

export const modelInferRequest: MessageType = {
  1: { name: "model_name", kind: "text" },
  2: { name: "model_version", kind: "text" },
  3: { name: "id", kind: "text" },
  4: { name: "parameters", kind: parameterEntry, isRepeated: true },
  5: { name: "inputs", kind: inputTensor, isRepeated: true },
  6: { name: "outputs", kind: requestedOutput, isRepeated: true },
  7: { name: "raw_input_contents", kind: "bytes", isRepeated: true },
};

/** The id of such a request, and nothing else. */
export const requestId: MessageType = { 3: { name: "id", kind: "text" } };

/** A request that only names a model. */
export const modelRequest: MessageType = {
  1: { name: "name", kind: "text" },
  2: { name: "version", kind: "text" },
};

/** A message without fields, or whose fields do not matter here. */
export const emptyRequest: MessageType = {};
