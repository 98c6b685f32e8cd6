/**
 * The Open Inference Protocol over gRPC: a second way to the routes under /v2. Each call becomes a request to them within this process, so
 * keys, limits, the log and the counts are the same. The package @grpc/grpc-js is loaded only if a port is set.
 */
import { type AddressInfo, createServer, type Socket } from "node:net";
import type {
  handleBidiStreamingCall,
  handleUnaryCall,
  Metadata,
  Server,
  ServerCredentials,
  ServerErrorResponse,
  ServerUnaryCall,
  ServiceDefinition,
} from "@grpc/grpc-js";
import { TrainyardError } from "../../domain/errors.ts";
import type { App } from "../context.ts";
import { PREDICT_BODY_BYTES } from "../routes/predict.ts";
import { type Call, SERVICES } from "./calls.ts";
import { answerStream, MAX_STREAMS } from "./infer-stream.ts";
import { type Answering, answerMessage, type Caller, type Outcome } from "./routed-call.ts";
import { createStreamShares } from "./stream-shares.ts";
import { unpackInTurn } from "./unpack-in-turn.ts";

type Grpc = typeof import("@grpc/grpc-js");

/** Maximum running calls of one connection. */
const CALLS_A_CONNECTION = 100;
/** Megabytes that Node keeps for one connection. */
const CONNECTION_MEGABYTES = 16;
/** What the caller's metadata says to the routes. */
const PASSED_ON = ["authorization", "traceparent"] as const;
/** What the routes say to the caller. */
const ANSWERED = ["retry-after"] as const;
/**
 * Most bytes of what is said of an error, in percent-encoding. Clients on gRPC's core (Python, C++, Ruby) take 8 kB of it with its trailers,
 * and say RESOURCE_EXHAUSTED instead where there are more.
 */
const MAX_DETAILS_BYTES = 4096;
/** How long calls under way have when the server stops. */
const GRACE_MS = 2000;
/** How long connections have to say that they end, after that. */
const REST_MS = 500;

/** Codes of gRPC (its documentation, "Status codes") for statuses of HTTP. */
const CODES: Readonly<Record<number, keyof Grpc["status"]>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  408: "DEADLINE_EXCEEDED",
  409: "ABORTED",
  413: "RESOURCE_EXHAUSTED",
  422: "INVALID_ARGUMENT",
  429: "RESOURCE_EXHAUSTED",
  503: "UNAVAILABLE",
  507: "RESOURCE_EXHAUSTED",
};

export interface GrpcServerOptions {
  readonly threads: Answering["threads"];
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Maximum connections at a time; further ones are closed at once. */
  readonly connections: number;
  /** How long a connection without a call is kept, in milliseconds. */
  readonly idleMs: number;
  /** Null: connections are not encrypted. */
  readonly tls?: GrpcTls | null;
}

/** Certificates in PEM. */
export interface GrpcTls {
  readonly certificate: Buffer;
  readonly key: Buffer;
  /** Only clients with a certificate of these authorities may connect; null: all may. */
  readonly clientAuthorities: Buffer | null;
}

export interface GrpcServer {
  /** As clients take it: host:port. */
  readonly address: string;
  close(): Promise<void>;
}

/** Starts to listen. Throws if the package is missing, and what listening throws. */
export async function startGrpcServer(app: App, options: GrpcServerOptions): Promise<GrpcServer> {
  const { threads, host, port, connections, idleMs, tls = null } = options;
  const grpc = await loadPackage();
  const server = new grpc.Server({
    "grpc.max_receive_message_length": PREDICT_BODY_BYTES,
    "grpc.max_concurrent_streams": CALLS_A_CONNECTION,
    "grpc.max_connection_idle_ms": idleMs,
    // A stream may be silent for a long time. It ends when its client no longer answers pings.
    "grpc.keepalive_time_ms": idleMs,
    "grpc-node.max_session_memory": CONNECTION_MEGABYTES,
    interceptors: [unpackInTurn(grpc.ServerInterceptingCall)],
  });
  const answering = { app, threads };
  const streams = createStreams(grpc, answering, idleMs);
  for (const [name, calls] of Object.entries(SERVICES)) addService(grpc, server, answering, name, calls, streams.handle);
  // Its own listener cannot limit connections.
  const injector = server.createConnectionInjector(credentialsOf(grpc, tls));
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.setTimeout(idleMs);
    injector.injectConnection(socket);
  });
  listener.maxConnections = connections;
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject).listen({ host, port }, resolve);
  });
  const address = listener.address() as AddressInfo;
  return {
    address: `${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    async close() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      // The grace ends for streams too.
      const stopped = streams.stop();
      injector.drain(GRACE_MS);
      // It knows no connection whose TLS has not begun, and that would keep the listener open.
      const late = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, GRACE_MS + REST_MS);
      await closed;
      clearTimeout(late);
      await stopped;
      server.forceShutdown();
    },
  };
}

function credentialsOf(grpc: Grpc, tls: GrpcTls | null): ServerCredentials {
  if (!tls) return grpc.ServerCredentials.createInsecure();
  const pair = { cert_chain: tls.certificate, private_key: tls.key };
  return grpc.ServerCredentials.createSsl(tls.clientAuthorities, [pair], tls.clientAuthorities !== null);
}

async function loadPackage(): Promise<Grpc> {
  try {
    return await import("@grpc/grpc-js");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw error;
    throw new TrainyardError(
      "unavailable",
      "TRAINYARD_GRPC_PORT is set, and the package that speaks gRPC is not installed: run npm ci --include=optional, or leave the port out",
    );
  }
}

function addService(
  grpc: Grpc,
  server: Server,
  answering: Answering,
  name: string,
  calls: Readonly<Record<string, Call>>,
  openStream: StreamHandler,
): void {
  const definition = Object.fromEntries(
    Object.entries(calls).map(([key, { isStream = false }]) => [
      key,
      {
        path: `/${name}/${key}`,
        requestStream: isStream,
        responseStream: isStream,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    ]),
  ) as ServiceDefinition;
  const handlers = Object.entries(calls).map(([key, call]) => [
    key,
    call.isStream ? openStream(call) : unary(grpc, answering, call),
  ]);
  server.addService(definition, Object.fromEntries(handlers));
}

/** Messages stay bytes here: the routes decode them and report what is wrong with them. */
const asIs = (bytes: Buffer) => bytes;

function unary(grpc: Grpc, answering: Answering, call: Call): handleUnaryCall<Buffer, Buffer> {
  return async (asked, respond) => {
    const gone = new AbortController();
    asked.on("cancelled", () => gone.abort());
    const outcome = await answerMessage(answering, call, asked.request, callerOf(asked, gone.signal));
    if (!outcome) return;
    const trailer = answered(grpc, outcome);
    if (outcome.ok) respond(null, asBuffer(outcome.bytes), trailer);
    else respond(failure(grpc, outcome.status, outcome.details, trailer));
  };
}

/** Handles the streams of a call. */
type StreamHandler = (call: Call) => handleBidiStreamingCall<Buffer, Buffer>;

/** Answers streams until the server stops. */
function createStreams(grpc: Grpc, answering: Answering, silentMs: number) {
  const stopping = new AbortController();
  const open = new Set<Promise<void>>();
  const shares = createStreamShares(MAX_STREAMS);
  const handle: StreamHandler = (call) => (stream) => {
    const fail = (status: number, details: string) => void stream.emit("error", failure(grpc, status, details));
    const answer = (message: Buffer, signal: AbortSignal) => answerMessage(answering, call, message, callerOf(stream, signal));
    let isOver = false;
    let release = (): void => undefined;
    const begin = async (): Promise<string | null> => {
      const principal = await answering.app.principalOf(passedOn(stream.metadata).authorization);
      // The routes refuse its first message, and that ends the stream.
      if (!principal || isOver) return null;
      const counted = shares.begin(principal.project);
      if (counted === null)
        return `${principal.project} has its share of the ${MAX_STREAMS} streams of a server open (as many as are left free): end one, or send more requests over those that are open`;
      release = counted;
      return null;
    };
    const ended = answerStream(stream, { begin, answer, fail, silentMs, stopping: stopping.signal });
    open.add(ended);
    void ended.then(() => {
      open.delete(ended);
      isOver = true;
      release();
    });
  };
  return {
    handle,
    /** Ends the streams once the requests that they have read are answered. */
    async stop() {
      stopping.abort();
      await Promise.all(open);
    },
  };
}

type Asked = Pick<ServerUnaryCall<Buffer, Buffer>, "getPath" | "getPeer" | "metadata">;

const callerOf = (asked: Asked, signal: AbortSignal): Caller => ({
  ...{ path: asked.getPath(), peer: asked.getPeer(), headers: passedOn(asked.metadata), signal },
});

const asBuffer = ({ buffer, byteOffset, length }: Uint8Array) => Buffer.from(buffer, byteOffset, length);

function failure(grpc: Grpc, status: number, details: string, metadata?: Metadata): ServerErrorResponse {
  const code = grpc.status[CODES[status] ?? "INTERNAL"];
  return Object.assign(new Error(details), { code, details: beginningOf(details), ...(metadata && { metadata }) });
}

function beginningOf(details: string): string {
  const text = details.toWellFormed();
  let [bytes, end] = [0, 0];
  for (const character of text) {
    bytes += encodeURI(character).length;
    if (bytes > MAX_DETAILS_BYTES) return `${text.slice(0, end)}...`;
    end += character.length;
  }
  return text;
}

function passedOn(metadata: Metadata): Record<string, string> {
  const given = PASSED_ON.flatMap((name) => metadata.get(name).map((value) => [name, String(value)] as const));
  return Object.fromEntries(given);
}

function answered(grpc: Grpc, { headers }: Outcome): Metadata {
  const metadata = new grpc.Metadata();
  for (const name of ANSWERED) if (headers[name] !== undefined) metadata.set(name, String(headers[name]));
  return metadata;
}
