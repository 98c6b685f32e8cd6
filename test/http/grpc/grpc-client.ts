/** A client of the Open Inference Protocol over gRPC, as @grpc/grpc-js makes one from the protocol's messages. */
import { fileURLToPath } from "node:url";
import {
  type ChannelCredentials,
  type Client,
  type ClientDuplexStream,
  type ClientUnaryCall,
  credentials,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

const FIXTURES = fileURLToPath(new URL("../../fixtures/grpc/", import.meta.url));
const OPTIONS = { keepCase: true, longs: Number, defaults: true, enums: String };
const protocol = (file: string) => loadPackageDefinition(loadSync(`${FIXTURES}${file}`, OPTIONS)) as never;

interface Packages {
  readonly inference: { readonly GRPCInferenceService: typeof Client };
  readonly grpc: { readonly health: { readonly v1: { readonly Health: typeof Client } } };
}

export type Answer = Readonly<Record<string, unknown>>;

export interface GrpcClient {
  /** Calls a method by its name, until `signal` cancels the call. Rejects with a ServiceError. */
  call(method: string, message: object, metadata?: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<Answer>;
  /** Opens a stream of inferences. */
  stream(metadata?: Readonly<Record<string, string>>, deadlineMs?: number): InferStream;
  close(): void;
}

export type InferStream = ClientDuplexStream<object, Answer>;

/** A request of `ModelInfer` as it is sent. */
export function encodeInfer(message: object): Buffer {
  const { service } = (protocol("open_inference.proto") as Packages).inference.GRPCInferenceService as unknown as {
    readonly service: { readonly ModelInfer: { requestSerialize(message: object): Buffer } };
  };
  return service.ModelInfer.requestSerialize(message);
}

/** Connects to host:port, for a service of the protocol or for health. */
export function connectGrpc(
  address: string,
  service: "inference" | "health" = "inference",
  channel: ChannelCredentials = credentials.createInsecure(),
): GrpcClient {
  const Service =
    service === "inference"
      ? (protocol("open_inference.proto") as Packages).inference.GRPCInferenceService
      : (protocol("health.proto") as Packages).grpc.health.v1.Health;
  const client = new Service(address, channel, { "grpc.max_send_message_length": -1, "grpc.use_local_subchannel_pool": 1 });
  type Call = (
    message: object,
    metadata: Metadata,
    done: (error: ServiceError | null, answer: Answer) => void,
  ) => ClientUnaryCall;
  const metadataOf = (given: Readonly<Record<string, string>>): Metadata => {
    const sent = new Metadata();
    for (const [name, value] of Object.entries(given)) sent.set(name, value);
    return sent;
  };
  return {
    call(method, message, metadata = {}, signal) {
      const sent = metadataOf(metadata);
      const call = (client as unknown as Readonly<Record<string, Call>>)[method];
      return new Promise((resolve, reject) => {
        const asked = call?.bind(client)(message, sent, (error, answer) => (error ? reject(error) : resolve(answer)));
        signal?.addEventListener("abort", () => asked?.cancel());
      });
    },
    stream(metadata = {}, deadlineMs = 60_000) {
      const streams = client as unknown as {
        ModelStreamInfer(sent: Metadata, options: { readonly deadline: number }): InferStream;
      };
      return streams.ModelStreamInfer(metadataOf(metadata), { deadline: Date.now() + deadlineMs });
    },
    close: () => client.close(),
  };
}
