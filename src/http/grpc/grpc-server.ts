/**
 * The Open Inference Protocol over gRPC: a second way to the routes under /v2. Each call becomes a request to them within this process, so
 * keys, limits, the log and the counts are the same. The package @grpc/grpc-js is loaded only if a port is set.
 */
import { type AddressInfo, createServer } from "node:net";
import { Readable } from "node:stream";
import type { handleUnaryCall, Metadata, Server, ServerErrorResponse, ServiceDefinition } from "@grpc/grpc-js";
import { TrainyardError } from "../../domain/errors.ts";
import type { App } from "../context.ts";
import { STATUS_OF } from "../errors/problem.ts";
import { PREDICT_BODY_BYTES } from "../routes/predict.ts";
import { type Call, type HttpAnswer, type MessageReader, SERVICES } from "./calls.ts";

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
  readonly threads: MessageReader;
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Maximum connections at a time; further ones are closed at once. */
  readonly connections: number;
  /** How long a connection without a call is kept, in milliseconds. */
  readonly idleMs: number;
}

export interface GrpcServer {
  /** As clients take it: host:port. */
  readonly address: string;
  close(): Promise<void>;
}

/** Starts to listen. Throws if the package is missing, and what listening throws. */
export async function startGrpcServer(app: App, options: GrpcServerOptions): Promise<GrpcServer> {
  const { threads, host, port, connections, idleMs } = options;
  const grpc = await loadPackage();
  const server = new grpc.Server({
    "grpc.max_receive_message_length": PREDICT_BODY_BYTES,
    "grpc.max_concurrent_streams": CALLS_A_CONNECTION,
    "grpc.max_connection_idle_ms": idleMs,
    "grpc-node.max_session_memory": CONNECTION_MEGABYTES,
  });
  for (const [name, calls] of Object.entries(SERVICES)) addService(grpc, server, { app, threads }, name, calls);
  // Its own listener cannot limit connections.
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  const listener = createServer((socket) => {
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
      injector.drain(GRACE_MS);
      await closed;
      server.forceShutdown();
    },
  };
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

/** Answers the calls. */
interface Answering {
  readonly app: App;
  readonly threads: MessageReader;
}

function addService(
  grpc: Grpc,
  server: Server,
  answering: Answering,
  name: string,
  calls: Readonly<Record<string, Call>>,
): void {
  // Messages stay bytes here: the routes report what is wrong with them in their own words.
  const asIs = (bytes: Buffer) => bytes;
  const definition = Object.fromEntries(
    Object.keys(calls).map((call) => [
      call,
      {
        path: `/${name}/${call}`,
        requestStream: false,
        responseStream: false,
        requestSerialize: asIs,
        requestDeserialize: asIs,
        responseSerialize: asIs,
        responseDeserialize: asIs,
      },
    ]),
  ) as ServiceDefinition;
  server.addService(
    definition,
    Object.fromEntries(Object.entries(calls).map(([key, call]) => [key, handler(grpc, answering, call)])),
  );
}

function handler(grpc: Grpc, { app, threads }: Answering, call: Call): handleUnaryCall<Buffer, Buffer> {
  return async (asked, respond) => {
    const gone = new AbortController();
    asked.on("cancelled", () => gone.abort());
    try {
      const { method, url, headers, payload } = await call.ask(asked.request, threads);
      if (gone.signal.aborted) return;
      const body = payload && bodyUntil(gone.signal, payload);
      const answer = await app.inject({
        method,
        url,
        headers: { ...passedOn(asked.metadata), ...headers, ...(payload && { "content-length": String(payload.length) }) },
        remoteAddress: hostOf(asked.getPeer()),
        signal: gone.signal,
        ...(body && { payload: body }),
      });
      const trailer = answered(grpc, answer);
      const written = call.answer(answer);
      if (written) respond(null, Buffer.from(written.buffer, written.byteOffset, written.length), trailer);
      else respond(failure(grpc, answer.statusCode, errorIn(answer), trailer));
    } catch (error) {
      // Nobody waits for the answer any more.
      if (gone.signal.aborted) return;
      if (error instanceof TrainyardError) return respond(failure(grpc, STATUS_OF[error.code], error.message));
      // Rethrown, it would end the process.
      app.log.error({ err: error, call: asked.getPath() }, "a call over gRPC failed");
      respond(failure(grpc, 500, "internal error; see the server log"));
    }
  };
}

/**
 * The body of a request within the process, whose response closes when the signal aborts. The request itself listens to its signal only
 * until its body is read; an error of its body reaches it at any time.
 */
function bodyUntil(signal: AbortSignal, bytes: Uint8Array): Readable {
  const body = new Readable({
    autoDestroy: false,
    read() {
      this.push(bytes);
      this.push(null);
    },
  });
  signal.addEventListener("abort", () => body.destroy(new Error("the call was cancelled")));
  return body;
}

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

function errorIn({ rawPayload }: HttpAnswer): string {
  // In the protocol's format, or, if none of its routes has answered, in our own.
  const { error, detail } = JSON.parse(rawPayload.toString("utf8")) as { readonly error?: string; readonly detail?: string };
  return error ?? detail ?? "the request failed";
}

function passedOn(metadata: Metadata): Record<string, string> {
  const given = PASSED_ON.flatMap((name) => metadata.get(name).map((value) => [name, String(value)] as const));
  return Object.fromEntries(given);
}

function answered(grpc: Grpc, { headers }: HttpAnswer): Metadata {
  const metadata = new grpc.Metadata();
  for (const name of ANSWERED) if (headers[name] !== undefined) metadata.set(name, String(headers[name]));
  return metadata;
}

/** The address of a peer without its port. */
function hostOf(peer: string): string {
  return peer.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
}
