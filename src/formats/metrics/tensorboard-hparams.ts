/**
 * Hyperparameters for TensorBoard's HPARAMS tab: the start and the end of a session as values of a summary
 * (tensorboard/plugins/hparams/{metadata.py,plugin_data.proto,api.proto}, google/protobuf/struct.proto). The metrics of a session
 * are the scalars of the runs in its folder.
 */
import { specValues } from "../../domain/jobs/job-values.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import { bytes, double, type Encoded, integer, join, message, nested, string } from "../protobuf.ts";
import { encodeSummary } from "./tensorboard.ts";

const VALUE = { tag: 1, tensor: 8, metadata: 9 } as const;
const METADATA = { pluginData: 1, dataClass: 4 } as const;
const PLUGIN_DATA = { name: 1, content: 2 } as const;
const CONTENT = { start: 3, end: 4 } as const;
const START = { hparams: 1, startTime: 5 } as const;
const END = { status: 1, endTime: 2 } as const;
const MAP_ENTRY = { key: 1, value: 2 } as const;
const JSON_VALUE = { number: 2, string: 3, boolean: 4 } as const;
const TENSOR = { dtype: 1, shape: 2 } as const;
const SHAPE = { dim: 2 } as const;

const PLUGIN = "hparams";
const TENSOR_CLASS = 2;
const DT_FLOAT = 1;
/** What api.proto says of how a session ended. */
const STATUS = { succeeded: 1, failed: 2, cancelled: 2 } as const;

/** How a job ended. */
export type SessionEnd = keyof typeof STATUS;

/** Encodes the event that begins a session: the options of a spec, by their paths as `optimizer/lr`. */
export function encodeSessionStart(spec: ResolvedSpec, startedAtMs: number): Uint8Array<ArrayBuffer> {
  const options = specValues(spec).filter(({ key }) => !/^\/(data|model)\//.test(key));
  const entries = options.map(({ key, value }) =>
    nested(START.hparams, message(string(MAP_ENTRY.key, key.slice(1)), nested(MAP_ENTRY.value, jsonValue(value)))),
  );
  const start = message(...entries, double(START.startTime, startedAtMs / 1000));
  return encodeSummary(startedAtMs, [sessionValue("session_start_info", nested(CONTENT.start, start))]);
}

/** Encodes the event that ends a session. */
export function encodeSessionEnd(end: SessionEnd, endedAtMs: number): Uint8Array<ArrayBuffer> {
  const content = message(integer(END.status, STATUS[end]), double(END.endTime, endedAtMs / 1000));
  return encodeSummary(endedAtMs, [sessionValue("session_end_info", nested(CONTENT.end, content))]);
}

function jsonValue(value: number | string | boolean): Encoded {
  if (typeof value === "number") return double(JSON_VALUE.number, value);
  return typeof value === "string" ? string(JSON_VALUE.string, value) : integer(JSON_VALUE.boolean, Number(value));
}

/** A summary value with all its content in its metadata; its tensor is empty, because readers skip a value without one. */
function sessionValue(name: string, content: Encoded): Encoded {
  const pluginData = message(string(PLUGIN_DATA.name, PLUGIN), bytes(PLUGIN_DATA.content, join(content)));
  const emptyTensor = message(integer(TENSOR.dtype, DT_FLOAT), nested(TENSOR.shape, nested(SHAPE.dim, message())));
  return message(
    string(VALUE.tag, `_hparams_/${name}`),
    nested(VALUE.tensor, emptyTensor),
    nested(VALUE.metadata, message(nested(METADATA.pluginData, pluginData), integer(METADATA.dataClass, TENSOR_CLASS))),
  );
}
