/**
 * Limits of connections: how many there may be, how long a sender may take, and the answer to input that is not HTTP. Every connection
 * costs memory, so a client that holds many and sends little is cut off.
 */
import { randomUUID } from "node:crypto";
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { App } from "../context.ts";
import { PROBLEM_TYPE, ProtocolError, toProblem } from "../errors/problem.ts";

/** Limits for a connection. The defaults are those of the settings. */
export interface SocketBounds {
  /** How long all headers of a request may take. */
  readonly headersMs: number;
  /** How long a request may take, including its body. */
  readonly requestMs: number;
  /** How long a connection may be idle while the server waits for the client. */
  readonly idleMs: number;
  /** How long a connection without a request is kept. */
  readonly keepAliveMs: number;
  /** Maximum connections at a time; further ones are closed at once. */
  readonly connections: number;
}

/** How often Node checks for requests that take too long. */
const CHECKS_A_BOUND = 5;
const MAX_HEADER_BYTES = 16 * 1024;

/** Fastify's options for the bounds. */
export function socketOptions({ headersMs, requestMs, keepAliveMs }: SocketBounds) {
  const connectionsCheckingInterval = Math.ceil(Math.min(headersMs, requestMs) / CHECKS_A_BOUND);
  return {
    http: {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    clientErrorHandler: answerBadRequest,
  };
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** The current or last request of a connection. */
const current = new WeakMap<Socket, Exchange>();

/** The response to a request that is being handled. */
export function responseTo(request: IncomingMessage): ServerResponse | undefined {
  return current.get(request.socket)?.response;
}

/** Enforces the bounds that Node has no option for. */
export function boundSockets(app: App, { idleMs, connections }: SocketBounds): void {
  app.addHook("onRequest", async ({ raw: request }, { raw: response }) => {
    current.set(request.socket, { request, response });
  });
  app.server.maxConnections = connections;
  app.server.setTimeout(idleMs);
  app.server.on("timeout", (socket: Socket) => {
    const exchange = current.get(socket);
    if (!exchange) return void socket.destroy();
    const { request, response } = exchange;
    const isOurTurn = request.complete && !response.writableFinished && socket.writableLength === 0;
    if (isOurTurn) return;
    if (request.complete || response.headersSent) return void socket.destroy();
    refuse(socket, 408, new ProtocolError("timeout", `no byte of the body arrived for ${idleMs} ms`));
  });
}

/** The answers to input that is not HTTP, or takes too long to become a request, by Node's code. */
const FAULTS: Readonly<Record<string, readonly [status: number, error: ProtocolError]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, new ProtocolError("timeout", "the request took too long to arrive")],
  HPE_HEADER_OVERFLOW: [
    431,
    new ProtocolError("headers_too_large", `the headers are larger than the limit of ${MAX_HEADER_BYTES} bytes`),
  ],
};
const NOT_HTTP: (typeof FAULTS)[string] = [400, new ProtocolError("malformed", "this is not an HTTP/1.1 request")];

function answerBadRequest({ code = "" }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === "ECONNRESET" || socket.destroyed) return;
  const { response } = current.get(socket) ?? {};
  // An answer that has begun leaves no room for another.
  if (response?.headersSent && !response.writableFinished) return void socket.destroy();
  refuse(socket, ...(FAULTS[code] ?? NOT_HTTP));
}

/** The properties of a WebSocket server that are needed here. */
interface HandshakeServer {
  on(event: "wsClientError", listener: (error: Error, socket: Duplex) => void): unknown;
}

/** Answers invalid handshakes with a problem, where the library would answer with its own page. */
export function answerBadHandshakes(server: HandshakeServer): void {
  server.on("wsClientError", ({ message }, socket) => {
    const error = new ProtocolError("malformed", `this is not a WebSocket handshake: ${message}`);
    refuse(socket, 400, error, ["sec-websocket-version: 13"]);
  });
}

/** Answers on the socket itself, and ends it. */
function refuse(socket: Duplex, status: number, error: ProtocolError, headers: readonly string[] = []): void {
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify(toProblem(error, { requestId: randomUUID(), bodyLimit: 0 }));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    ...headers,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
