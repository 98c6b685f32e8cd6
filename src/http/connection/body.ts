/**
 * Reads request bodies as bytes: a job body may be large, and a thread parses it. The bytes go into a buffer of their own,
 * which can be transferred to that thread, without blocking the event loop: Fastify's reader joins all chunks at once, which
 * takes tens of milliseconds for 64 MiB. To Fastify, the schemas of bodies are documentation only.
 */
import { IncomingMessage } from "node:http";
import type { FastifyRequest, FastifySchemaCompiler } from "fastify";
import { validatorCompiler } from "fastify-type-provider-zod";
import { z } from "zod";
import { ownBytes } from "../../app/jobs/submit.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { parseDocument } from "../../domain/json-document.ts";
import { freeMemory } from "../../domain/memory/free-memory.ts";
import { type BodyName, parseRequestBody, type RequestBody } from "../../domain/request-bodies.ts";
import type { App } from "../context.ts";
import { type BodyBudget, type BodyLease, createBodyBudget } from "./body-budget.ts";
import { collectBody, TURN_BYTES } from "./body-bytes.ts";
import { isGzip, unpackGzip } from "./content-coding.ts";
import { queryValidator } from "./query.ts";
import { responseTo } from "./sockets.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the route takes a body that is packed with gzip. */
    gzip?: boolean;
  }
  interface FastifyInstance {
    bodyBudget: BodyBudget;
  }
}

/**
 * Makes `request.body` the bytes of a JSON body, at most the route's `bodyLimit` of them, and leaves parsing to the route. `largestBytes` is
 * the maximum of any body, from which the limit of all bodies together follows.
 */
export function acceptJsonBytes(app: App, largestBytes: number): void {
  app.decorate("bodyBudget", createBodyBudget(largestBytes));
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", readBodyOf);
  app.setValidatorCompiler(validateParameters);
}

/** As `acceptJsonBytes`, for a body of any content type. */
export function acceptAnyBytes(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", readBodyOf);
}

/** The bytes of a body, unpacked where the route takes packed ones. */
function readBodyOf(request: FastifyRequest, payload: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const { bodyLimit = 0, config } = request.routeOptions;
  // Nearly every body is plain: it costs one look at a header.
  const isPacked = config.gzip === true && payload.headers["content-encoding"] !== undefined && isGzip(payload.headers);
  return isPacked ? readPacked(payload, bodyLimit, leaseOf(request)) : readBody(request, payload);
}

function leaseOf({ server, project, raw }: FastifyRequest): BodyLease | null {
  const response = responseTo(raw);
  return response ? server.bodyBudget.lease(project, response) : null;
}

async function readPacked(
  request: IncomingMessage,
  limitBytes: number,
  lease: BodyLease | null,
): Promise<Uint8Array<ArrayBuffer>> {
  const limit = { bytes: limitBytes, error: () => tooLarge(limitBytes) };
  const body = collectBody(Number.POSITIVE_INFINITY, limitBytes);
  let size = 0;
  try {
    for await (const chunk of unpackGzip(bytesOf(request), limit)) {
      size += chunk.length;
      lease?.hold(size);
      body.add(chunk);
      freeMemory(chunk);
    }
  } catch (error) {
    body.discard();
    throw error;
  }
  return body.whole();
}

/** Ending it early leaves the request open, so that the answer can still be sent. */
async function* bytesOf(request: IncomingMessage): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } catch {
    throw connectionClosed();
  }
}

/**
 * Largest JSON body that is parsed on the event loop, in every protocol: whatever it contains, parsing it takes a few
 * milliseconds at most. Larger ones are answered in a thread.
 */
export const PARSED_HERE_BYTES = 32 * 1024;

/**
 * Reads a JSON body by the name of its schema: on the event loop if it is short, else in a thread. Throws `malformed`, or `invalid` with every failure.
 * The body is not to be used afterwards.
 */
export async function readBodyAs<Name extends BodyName>(
  { body, services }: Pick<FastifyRequest, "body" | "services">,
  name: Name,
): Promise<RequestBody<Name>> {
  const bytes = ownBytes((body ?? new Uint8Array()) as Uint8Array);
  return bytes.byteLength <= PARSED_HERE_BYTES ? parseRequestBody(name, bytes) : services.computePool.readBody(name, bytes);
}

/** Parses a JSON body that is short, by the limit of its route, by a schema. Throws `malformed`, or `invalid` with every failure. */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  return parseDocument(schema, (body ?? new Uint8Array()) as Uint8Array);
}

const asItIs = (value: unknown) => ({ value });

/** Validates parameters and headers, where there is something to validate: every request passes through here. */
const validateParameters: FastifySchemaCompiler<z.ZodType> = (route) => {
  const { httpPart, method, schema } = route;
  if (httpPart === "body" || (httpPart === "params" && isOfStrings(schema))) return asItIs;
  // The headers of a POST are documentation: its idempotency key is checked where it is used.
  if (httpPart === "headers" && method === "POST") return asItIs;
  return httpPart === "querystring" ? queryValidator(schema) : validatorCompiler(route);
};

/** Whether a schema accepts any strings, which parameters of a path always are. */
function isOfStrings(schema: z.ZodType): boolean {
  if (!(schema instanceof z.ZodObject)) return false;
  return Object.values(schema.shape).every((each) => each instanceof z.ZodString && (each.def.checks ?? []).length === 0);
}

/**
 * Reads all bytes of a request. Throws `too_large` over the limit, by the header or as soon as the bytes exceed it, and
 * `unsupported_media_type` for bytes in a content coding; and what the budget of bodies throws. Memory is allocated as bytes arrive,
 * never by the header alone.
 */
export function readBody(asked: FastifyRequest, request: IncomingMessage): Promise<Uint8Array<ArrayBuffer>> {
  const limitBytes = asked.routeOptions.bodyLimit ?? 0;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(error);
    const coding = request.headers["content-encoding"];
    if (coding !== undefined && coding.toLowerCase() !== "identity") return fail(unsupportedCoding(coding));
    if (Number(request.headers["content-length"]) > limitBytes) return fail(tooLarge(limitBytes));
    const announced = Number(request.headers["content-length"] ?? Number.POSITIVE_INFINITY);
    const body = collectBody(announced, limitBytes);
    const lease = leaseOf(asked);
    // Chunks of a request within the process are its sender's.
    const isSocket = request instanceof IncomingMessage;
    let received = 0;
    let inTurn = 0;
    let isRefused = false;
    const refuse = (error: unknown) => {
      isRefused = true;
      body.discard();
      fail(error);
    };
    // With events: leaving an async iteration early would destroy the socket before the 413 is written.
    const onClose = () => refuse(connectionClosed());
    request.on("data", (chunk: Uint8Array) => {
      received += chunk.length;
      if (isRefused) return;
      if (received > limitBytes) return refuse(tooLarge(limitBytes));
      try {
        lease?.hold(received);
        body.add(chunk);
      } catch (error) {
        return refuse(error);
      }
      // A short body is released soon.
      if (!isSocket || received === chunk.length) return;
      // A freed chunk has length 0.
      inTurn += chunk.length;
      freeMemory(chunk);
      if (inTurn < TURN_BYTES) return;
      // The rest of what has arrived is read in the next turn.
      inTurn = 0;
      request.pause();
      setImmediate(() => request.resume());
    });
    request.on("end", () => {
      request.off("close", onClose);
      if (!isRefused) resolve(body.whole());
    });
    request.on("error", fail);
    request.on("close", onClose);
  });
}

const connectionClosed = () => new TrainyardError("malformed", "the connection closed before the body was complete");

function unsupportedCoding(coding: string): TrainyardError {
  return new TrainyardError("unsupported_media_type", `this path accepts no Content-Encoding, not ${coding} either`);
}

function tooLarge(limitBytes: number): TrainyardError {
  return new TrainyardError("too_large", `the body is larger than the limit of ${limitBytes} bytes`);
}
