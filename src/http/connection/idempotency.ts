/**
 * The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a POST that is sent twice under one key is done once,
 * and answered with its first answer for a day. What a request makes has its id before it is begun, kept with the key: a
 * request that a crash broke off is done again under the same id, so that nothing is made twice. Knows no use case.
 */
import { createHash, randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Services } from "../../app/services.ts";
import { KEY_LIFETIME_MS, type KeyName, type KeyState, type StoredAnswer } from "../../domain/access/idempotency.ts";
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId, type IdKind } from "../../domain/id.ts";
import type { App } from "../context.ts";

export interface IdempotencyOptions {
  /** What the route makes, so that its id is known before. */
  readonly makes?: IdKind;
  /** "body": of the bytes of the body. "route": the route says it itself, with `fingerprint`, since its body is a stream. */
  readonly fingerprint?: "body" | "route";
  /** "secret": the answer shows a secret, and is not kept; who asks again is told so. */
  readonly answer?: "kept" | "secret";
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** How a POST keeps to idempotency keys; false when it does not look at them. */
    idempotency?: IdempotencyOptions | false;
  }
  interface FastifyRequest {
    idempotency: Claimed | null;
  }
}

/** A request under a key. */
interface Claimed {
  readonly name: KeyName;
  readonly owner: string;
  readonly state: Exclude<KeyState, { kind: "running" }>;
  /** Told what the request asks for. */
  readonly settle: (digest: string) => Promise<void>;
}

/** Thrown where a request turns out to be answered already. */
export class Replay extends Error {
  readonly answer: StoredAnswer;

  constructor(answer: StoredAnswer) {
    super("the request was answered before");
    this.answer = answer;
  }
}

const HEADER = "idempotency-key";
const REPLAYED = "idempotency-replayed";
const KEY = /^[\x21-\x7e]{1,255}$/;
const DETAIL = "must have 1 to 255 visible ASCII characters";
const DESCRIPTION =
  "Makes it safe to send the request again: under the same key it is done once, and answered with its first answer for 24 hours, marked `Idempotency-Replayed: true`. Another request under the key is 422, one that is still being done 409. Answers of 5xx are not kept. Streams of CSV and NDJSON rows change nothing, and do not look at it.";

/** Of an answer; a larger one is not kept, and the request is done again. */
const MAX_ANSWER_BYTES = 256 * 1024;
/** After this, a request that another process has begun counts as given up. */
const LEASE_MS = 10 * 60_000;
/** Hashing this many bytes takes about two milliseconds. */
const TURN_BYTES = 2 * 1024 * 1024;
/** Stands for an answer that is not kept because it showed a secret. */
const SECRET_SHOWN: StoredAnswer = { status: 0, headers: {}, body: "" };
const KEPT_HEADERS = ["content-type", "location"];

/** Lets every POST that is added from now on take the header, and says so in its schema. Whose a key is, `projectOf` says. */
export function acceptIdempotencyKeys(
  app: App,
  { store, log }: Services,
  projectOf: (request: FastifyRequest) => string,
): void {
  const process = randomUUID();
  /** Of this process, while they are being done: a lease may be over before a long request is. */
  const active = new Set<string>();
  const idOf = ({ project, route, key }: KeyName) => JSON.stringify([project, route, key]);

  app.decorateRequest("idempotency", null);
  app.addHook("onRoute", (route) => {
    if (route.method === "POST" || route.method === "DELETE") describeNoBody(route);
    if (route.method === "POST" && route.config?.idempotency !== false) describe(route);
  });

  // Without a promise for the many requests that come without a key.
  app.addHook("preHandler", (request, reply, done) => {
    const options = optionsOf(request);
    const key = options && keyOf(request);
    if (!options || key === null) return done();
    claim(request, reply, options, key).then(() => done(), done);
  });

  const claim = async (
    request: FastifyRequest,
    reply: FastifyReply,
    options: IdempotencyOptions,
    key: string,
  ): Promise<void> => {
    const route = `${request.method} ${request.routeOptions.url}`;
    const name: KeyName = { project: projectOf(request), route, key };
    const id = idOf(name);
    if (active.has(id)) throw stillRunning();
    active.add(id);
    try {
      const owner = `${process} ${request.id}`;
      const now = Date.now();
      const state = await store.claimKey({
        ...name,
        owner,
        ownedUntil: now + LEASE_MS,
        resourceId: options.makes ? createId(options.makes) : "",
        at: now,
        expiredBefore: now - KEY_LIFETIME_MS,
      });
      if (state.kind === "running") throw stillRunning();
      const claimed: Claimed = { name, owner, state, settle: (digest) => settle(request, claimed, digest) };
      request.idempotency = claimed;
    } catch (error) {
      active.delete(id);
      throw error;
    }
    reply.raw.once("close", () => active.delete(id));
    if (options.fingerprint !== "route") await fingerprint(request, await digestOf(request.body as Uint8Array | undefined));
  };

  const settle = async (request: FastifyRequest, { name, owner, state }: Claimed, digest: string): Promise<void> => {
    const asked = createHash("sha256").update(`${request.url}\n${digest}`).digest("hex");
    if (state.fingerprint !== null && state.fingerprint !== asked) {
      request.idempotency = null;
      if (state.kind === "owned") await store.releaseKey(name, owner);
      active.delete(idOf(name));
      throw otherRequest();
    }
    if (state.kind === "answered") throw new Replay(state.answer);
    if (state.fingerprint === null) await store.fingerprintKey(name, owner, asked);
  };

  app.addHook("onSend", (request, reply, payload, done) => {
    const { idempotency } = request;
    if (!idempotency) return done(null, payload);
    request.idempotency = null;
    keep(request, reply, idempotency, payload).then(() => done(null, payload), done);
  });

  const keep = async (
    request: FastifyRequest,
    reply: FastifyReply,
    { name, owner, state }: Claimed,
    payload: unknown,
  ): Promise<void> => {
    try {
      const answer = answerOf(request, reply, payload);
      if (state.kind === "owned" && answer) await store.answerKey(name, owner, answer);
      else if (state.kind === "owned") await store.releaseKey(name, owner);
    } catch (err) {
      // The request was done all the same; asked again, it is done again under the same id.
      log.error({ err, request_id: request.id }, "the answer of a request cannot be kept");
    }
    active.delete(idOf(name));
  };
}

/** Says what a request asks for, where the route reads its body itself. Throws a Replay, or `invalid` when the key was another request's. */
export async function fingerprint({ idempotency }: FastifyRequest, digest: string): Promise<void> {
  await idempotency?.settle(digest);
}

/** The id that what the request makes is to have; undefined when it came without a key. */
export function idempotentId({ idempotency }: FastifyRequest): string | undefined {
  return idempotency?.state.kind === "owned" ? idempotency.state.resourceId : undefined;
}

/** Sends a first answer once more. */
export function sendReplay(reply: FastifyReply, { status, headers, body }: StoredAnswer): FastifyReply {
  return reply.code(status).headers(headers).header(REPLAYED, "true").send(body);
}

function optionsOf(request: FastifyRequest): IdempotencyOptions | null {
  const options = request.routeOptions.config.idempotency ?? {};
  if (request.method !== "POST" || options === false) return null;
  const isBytes = request.body === undefined || request.body === null || request.body instanceof Uint8Array;
  // A body that is a stream, on a route that does not fingerprint it: rows to predict.
  return isBytes || options.fingerprint === "route" ? options : null;
}

function keyOf({ headers }: FastifyRequest): string | null {
  const key = headers[HEADER];
  if (key === undefined) return null;
  if (typeof key !== "string" || !KEY.test(key)) throw invalid([{ pointer: `/${HEADER}`, detail: DETAIL }]);
  return key;
}

async function digestOf(body: Uint8Array | undefined | null): Promise<string> {
  const hash = createHash("sha256");
  for (let at = 0; body && at < body.length; at += TURN_BYTES) {
    if (at > 0) await nextTurn();
    hash.update(body.subarray(at, at + TURN_BYTES));
  }
  return hash.digest("hex");
}

/** What is kept of an answer; null when it is not one to be kept. */
function answerOf(request: FastifyRequest, reply: FastifyReply, payload: unknown): StoredAnswer | null {
  const { statusCode: status } = reply;
  // Limits and waits are over at some time; what comes after is the answer.
  if (status >= 500 || status === 429 || status === 408) return null;
  const isText = typeof payload === "string" || payload instanceof Uint8Array || payload === undefined || payload === null;
  if (!isText) return null;
  const options = request.routeOptions.config.idempotency;
  if (options && options.answer === "secret" && status < 300) return SECRET_SHOWN;
  if (Buffer.byteLength(payload ?? "") > MAX_ANSWER_BYTES) return null;
  const headers = KEPT_HEADERS.map((name) => [name, reply.getHeader(name)] as const).filter(([, value]) => value !== undefined);
  const body = typeof payload === "string" ? payload : new TextDecoder().decode(payload ?? new Uint8Array());
  return { status, headers: Object.fromEntries(headers.map(([name, value]) => [name, String(value)])), body };
}

/** The error of an answer that cannot be given again. */
export function secretShown(): TrainyardError {
  return new TrainyardError(
    "conflict",
    "this request was done before, and its answer had a secret that is shown once: revoke what it made, and make another with another key",
  );
}

function stillRunning(): TrainyardError {
  return new TrainyardError("conflict", "the first request under this Idempotency-Key is still being done: try again later");
}

function otherRequest(): TrainyardError {
  const detail = "was used for another request to this path: take another key for this one";
  return invalid([{ pointer: `/${HEADER}`, detail }]);
}

const NO_BODY = "There is a body, which this takes none of.";

interface RouteSchema {
  body?: unknown;
  headers?: z.ZodType;
  response?: Record<string, { readonly content?: object }>;
}

/** Adds the header, and the statuses that come with it, to the schema of a route. */
function describe(route: { schema?: unknown }): void {
  const schema = route.schema as (RouteSchema & { hide?: boolean }) | undefined;
  if (!schema || schema.hide) return;
  const header = z
    .string()
    .max(255)
    .optional()
    .meta({ description: DESCRIPTION, examples: [EXAMPLE_KEY] });
  schema.headers = z.looseObject({ [HEADER]: header });
  const content = schema.response?.["500"]?.content;
  schema.response = {
    409: { description: "The first request under the Idempotency-Key is still being done.", content },
    422: { description: "The Idempotency-Key was used for another request.", content },
    503: { description: "The server is going down, or its database takes no writes.", content },
    507: { description: "There is no room on the disk for what this would write.", content },
    ...schema.response,
  } as RouteSchema["response"] & object;
}

/** What comes of a body where there should be none. */
function describeNoBody(route: { schema?: unknown }): void {
  const schema = route.schema as (RouteSchema & { hide?: boolean }) | undefined;
  if (!schema || schema.hide || schema.body !== undefined) return;
  const refused = { description: NO_BODY, content: schema.response?.["500"]?.content };
  schema.response = { 413: refused, 415: refused, ...schema.response } as RouteSchema["response"] & object;
}

const EXAMPLE_KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324";
