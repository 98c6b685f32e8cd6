/**
 * The calls of the service: for each, the HTTP request that answers it and the message for its answer. Health is grpc.health.v1's, which
 * Kubernetes probes use; the rest is the Open Inference Protocol.
 */
import { ownBytes } from "../../app/jobs/submit.ts";
import type { ComputePool } from "../../domain/ports.ts";
import type { RoutedRequest } from "../../domain/protocols/routed-request.ts";
import { inferRequestOf, inferResponseOf, modelPath, tensorDescription } from "../../formats/grpc/infer-message.ts";
import { emptyRequest, modelRequest } from "../../formats/grpc/message-types.ts";
import { integer, join, message, nested, string } from "../../formats/protobuf.ts";
import { readMessage } from "../../formats/protobuf-reader.ts";
import { PARSED_HERE_BYTES } from "../connection/body.ts";

/** An answer of an HTTP route. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly rawPayload: Buffer;
}

export interface Call {
  /** Whether both sides send many messages. Default: one each. */
  readonly isStream?: boolean;
  /** Reads the message, a long one in a thread, and returns the request. Throws `malformed`, `too_large` and `invalid`. */
  ask(message: Uint8Array, threads: MessageReader): RoutedRequest | Promise<RoutedRequest>;
  /** Writes the answer's message. Null: the answer is an error. */
  answer(answer: HttpAnswer): Uint8Array<ArrayBuffer> | null;
}

/** The threads that read long messages. */
export type MessageReader = Pick<ComputePool, "readInferMessage">;

const BOUNDS = { fields: 100, cure: "name one model" };

const empty =
  (url: string): Call["ask"] =>
  (encoded) => {
    readMessage(emptyRequest, encoded, BOUNDS);
    return { method: "GET", url };
  };

const ofModel =
  (suffix: string): Call["ask"] =>
  (encoded) => {
    const { name, version } = readMessage(modelRequest, encoded, BOUNDS) as {
      readonly name?: string;
      readonly version?: string;
    };
    return { method: "GET", url: modelPath(name, version) + suffix };
  };

/** One boolean: whether the answer was a success. Statuses in `no` are not errors but the answer "no". */
const truth =
  (yes: number, no: number, ...statuses: readonly number[]): Call["answer"] =>
  ({ statusCode }) => {
    if (statusCode === 200) return join(integer(1, yes));
    return statuses.includes(statusCode) ? join(integer(1, no)) : null;
  };

const json =
  (write: (body: never) => Uint8Array<ArrayBuffer>): Call["answer"] =>
  ({ statusCode, rawPayload }) =>
    statusCode === 200 ? write(JSON.parse(rawPayload.toString("utf8")) as never) : null;

interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}
type Tensor = Parameters<typeof tensorDescription>[0];

/** Values of health.v1's ServingStatus. */
const SERVING = 1;
const NOT_SERVING = 2;

const infer: Call = {
  ask: (encoded, threads) =>
    encoded.length <= PARSED_HERE_BYTES ? inferRequestOf(encoded) : threads.readInferMessage(ownBytes(encoded)),
  answer: ({ statusCode, headers, rawPayload }) => (statusCode === 200 ? inferResponseOf(headers, rawPayload) : null),
};

/** The calls of each service, by name. */
export const SERVICES: Readonly<Record<string, Readonly<Record<string, Call>>>> = {
  "grpc.health.v1.Health": {
    Check: { ask: empty("/v2/health/ready"), answer: truth(SERVING, NOT_SERVING, 503) },
  },
  "inference.GRPCInferenceService": {
    ServerLive: { ask: empty("/v2/health/live"), answer: truth(1, 0) },
    ServerReady: { ask: empty("/v2/health/ready"), answer: truth(1, 0, 503) },
    ModelReady: { ask: ofModel("/ready"), answer: truth(1, 0, 404) },
    ServerMetadata: {
      ask: empty("/v2"),
      answer: json(({ name, version, extensions }: ServerMetadata) =>
        join(message(string(1, name), string(2, version), ...extensions.map((extension) => string(3, extension)))),
      ),
    },
    ModelMetadata: {
      ask: ofModel(""),
      answer: json(({ name, versions, platform, inputs, outputs }: ModelMetadata) =>
        join(
          message(
            string(1, name),
            ...versions.map((version) => string(2, version)),
            string(3, platform),
            ...inputs.map((tensor) => nested(4, tensorDescription(tensor))),
            ...outputs.map((tensor) => nested(5, tensorDescription(tensor))),
          ),
        ),
      ),
    },
    ModelInfer: infer,
    // Triton's own. Each message from the server has a result or an error.
    ModelStreamInfer: { ...infer, isStream: true },
  },
};
