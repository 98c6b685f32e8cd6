/**
 * A builder of ONNX graphs as protocol buffers (onnx/onnx.proto, IR version 9): nodes, constants, inputs and outputs. Knows the
 * format of graphs; knows nothing of networks.
 */
import { bytes, type Encoded, float, integer, message, nested, string } from "../protobuf.ts";

/** TensorProto.DataType. */
export const TYPE = { float: 1, int64: 7, string: 8, bool: 9, double: 11 } as const;
export type OnnxType = keyof typeof TYPE;

/** Opset 20 is the first with Gelu and with IsNaN of doubles; onnxruntime supports it since 1.17. */
const OPSET = 20;
const IR_VERSION = 9;

const MODEL = { irVersion: 1, producerName: 2, graph: 7, opset: 8, metadata: 14 } as const;
const ENTRY = { key: 1, value: 2 } as const;
const OPSET_ID = { version: 2 } as const;
const GRAPH = { node: 1, name: 2, initializer: 5, input: 11, output: 12 } as const;
const NODE = { input: 1, output: 2, name: 3, opType: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, f: 2, i: 3, s: 4, ints: 8, type: 20 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;
const TENSOR = { dims: 1, dataType: 2, stringData: 6, name: 8, rawData: 9 } as const;
const VALUE_INFO = { name: 1, type: 2, doc: 3 } as const;
const TENSOR_TYPE = { elementType: 1, shape: 2 } as const;

/** An attribute of a node. A plain number is an `int` attribute; `{float}` is a float attribute. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** A value of the graph, by its name. */
export type Value = string & { readonly onnx: true };

export interface GraphBuilder {
  /** Adds an input [batch, width] with exactly this name. */
  input(name: string, type: OnnxType, width: number, doc: string): Value;
  /** Adds a tensor of little-endian float32 bytes, which are not copied. It gets this name if it is free. */
  tensor(name: string, shape: readonly number[], data: Uint8Array<ArrayBuffer>): Value;
  /** Adds a constant; a single number or string is a scalar. */
  constant(type: OnnxType, values: number | string | readonly number[] | readonly string[], shape?: readonly number[]): Value;
  /** Adds a node and returns the first output of its operator, which has `outputs`. */
  node(operator: string, inputs: readonly Value[], attributes?: Readonly<Record<string, Attribute>>, outputs?: number): Value;
  /** Makes a value an output [batch, width], or [batch] without a width. It gets this name if it is free. */
  output(name: string, value: Value, type: OnnxType, width: number | null, doc: string): void;
  /** Encodes the graph as a model. */
  model(name: string, metadata: Readonly<Record<string, string>>): Encoded;
}

/** Creates an empty graph. Add inputs first: users rely on their names. */
export function createGraph(): GraphBuilder {
  const nodes: Encoded[] = [];
  const initializers: Encoded[] = [];
  const inputs: Encoded[] = [];
  const outputs: Encoded[] = [];
  const names = new Set<string>();
  const next = new Map<string, number>();
  const free = (name: string): Value => {
    let chosen = name;
    // Start where the last search for a free name ended: thousands of columns have as many nodes of a name.
    let count = next.get(name) ?? 1;
    for (; names.has(chosen); count++) chosen = `${name}_${count}`;
    next.set(name, count);
    names.add(chosen);
    return chosen as Value;
  };
  const node: GraphBuilder["node"] = (operator, from, attributes = {}, outputs = 1) => {
    const values = Array.from({ length: outputs }, () => free(`/${operator}`));
    nodes.push(encodeNode(operator, from, values, attributes));
    return values[0] as Value;
  };
  return {
    node,
    input(name, type, width, doc) {
      inputs.push(nested(GRAPH.input, valueInfo(name, type, width, doc)));
      return free(name);
    },
    tensor(name, shape, data) {
      const value = free(name);
      initializers.push(tensorProto(value, "float", shape, [bytes(TENSOR.rawData, data)]));
      return value;
    },
    constant(type, values, shape) {
      const list = (typeof values === "object" ? values : [values]) as readonly number[] | readonly string[];
      const value = free("/constant");
      initializers.push(tensorProto(value, type, shape ?? (list === values ? [list.length] : []), encodeValues(type, list)));
      return value;
    },
    output(name, value, type, width, doc) {
      const named = free(name);
      nodes.push(encodeNode("Identity", [value], [named], {}));
      outputs.push(nested(GRAPH.output, valueInfo(named, type, width, doc)));
    },
    model: (name, metadata) =>
      message(
        integer(MODEL.irVersion, IR_VERSION),
        string(MODEL.producerName, "trainyard"),
        nested(MODEL.opset, integer(OPSET_ID.version, OPSET)),
        ...Object.entries(metadata).map(([key, value]) =>
          nested(MODEL.metadata, message(string(ENTRY.key, key), string(ENTRY.value, value))),
        ),
        nested(MODEL.graph, message(...nodes, string(GRAPH.name, name), ...initializers, ...inputs, ...outputs)),
      ),
  };
}

function encodeNode(
  operator: string,
  inputs: readonly Value[],
  outputs: readonly Value[],
  attributes: Readonly<Record<string, Attribute>>,
) {
  return nested(
    GRAPH.node,
    message(
      ...inputs.map((name) => string(NODE.input, name)),
      ...outputs.map((name) => string(NODE.output, name)),
      string(NODE.name, outputs[0] as Value),
      string(NODE.opType, operator),
      ...Object.entries(attributes).map(([name, value]) => nested(NODE.attribute, encodeAttribute(name, value))),
    ),
  );
}

function encodeAttribute(name: string, value: Attribute): Encoded {
  const as = (type: keyof typeof ATTRIBUTE_TYPE, ...fields: readonly Encoded[]) =>
    message(string(ATTRIBUTE.name, name), ...fields, integer(ATTRIBUTE.type, ATTRIBUTE_TYPE[type]));
  if (typeof value === "number") return as("int", integer(ATTRIBUTE.i, value));
  if (typeof value === "string") return as("string", string(ATTRIBUTE.s, value));
  if ("float" in value) return as("float", float(ATTRIBUTE.f, value.float));
  return as("ints", ...value.map((item) => integer(ATTRIBUTE.ints, item)));
}

function tensorProto(name: Value, type: OnnxType, shape: readonly number[], content: readonly Encoded[]): Encoded {
  const dims = shape.map((size) => integer(TENSOR.dims, size));
  return nested(
    GRAPH.initializer,
    message(...dims, integer(TENSOR.dataType, TYPE[type]), string(TENSOR.name, name), ...content),
  );
}

/** Typed arrays by type. They are little-endian on every platform that Node supports except s390x. */
const RAW: Readonly<Record<Exclude<OnnxType, "string">, (values: readonly number[]) => ArrayBufferView<ArrayBuffer>>> = {
  float: (values) => Float32Array.from(values),
  double: (values) => Float64Array.from(values),
  int64: (values) => BigInt64Array.from(values, BigInt),
  bool: (values) => Uint8Array.from(values),
};

function encodeValues(type: OnnxType, values: readonly number[] | readonly string[]): readonly Encoded[] {
  if (type === "string") return values.map((value) => string(TENSOR.stringData, String(value)));
  const { buffer } = RAW[type](values as readonly number[]);
  return [bytes(TENSOR.rawData, new Uint8Array(buffer))];
}

/** A tensor type whose first axis is the batch. */
function valueInfo(name: string, type: OnnxType, width: number | null, doc: string): Encoded {
  const batch = nested(1, string(2, "batch"));
  const shape = width === null ? batch : message(batch, nested(1, integer(1, width)));
  const tensorType = message(integer(TENSOR_TYPE.elementType, TYPE[type]), nested(TENSOR_TYPE.shape, shape));
  return message(string(VALUE_INFO.name, name), nested(VALUE_INFO.type, nested(1, tensorType)), string(VALUE_INFO.doc, doc));
}
