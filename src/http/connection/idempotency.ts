/**
 * The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a POST that is sent twice with one key runs once, and
 * gets its first answer again for a day. The id of what a request creates is stored with the key before the request runs: a
 * request that a crash interrupted runs again with the same id, so that nothing is created twice. A POST that changes nothing, such as a
 * prediction, needs none of it: it ignores the header. Knows no use case but the quota of kept answers.
 */
import { createHash, randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { createAnswerQuota } from "../../app/access/answer-quota.ts";
import type { Services } from "../../app/services.ts";
import { FORGOTTEN, KEY_LIFETIME_MS, type KeyName, type KeyState, type StoredAnswer } from "../../domain/access/idempotency.ts";
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createId, type IdKind } from "../../domain/id.ts";
import { accessOf, onlyReads } from "../auth/access.ts";
import type { App } from "../context.ts";

export interface IdempotencyOptions {
  /** What the route creates, so that its id can be chosen before. */
  readonly makes?: IdKind;
  /** "body": the hash of the bytes of the body. "route": the route calls `fingerprint` itself, since its body is a stream. */
  readonly fingerprint?: "body" | "route";
  /** "secret": the answer shows a secret and is not stored; a repeated request is a conflict. */
  readonly answer?: "kept" | "secret";
}

declare module "fastify" {
  interface FastifyContextConfig {
    /** How a POST handles idempotency keys; false when it ignores them. */
    idempotency?: IdempotencyOptions | false;
  }
  interface FastifyRequest {
    idempotency: Claimed | null;
  }
}

/** A request with a key that this process has claimed. */
interface Claimed {
  readonly name: KeyName;
  readonly owner: string;
  readonly state: Exclude<KeyState, { kind: "running" | "full" }>;
  /** Called with the digest of what the request asks for. */
  readonly settle: (digest: string) => Promise<void>;
}

/** Thrown when a request was answered before: carries that answer. */
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
  "Makes it safe to send the request again: with the same key it runs once, and gets its first answer for 24 hours, marked `Idempotency-Replayed: true`. Another request with the key is answered with 422, one that is still running with 409. Answers of 5xx are not stored. The kept answers of a project are bounded (429 for another key).";

/** Largest answer that is stored; after a larger one, a repeated request runs again. */
const MAX_ANSWER_BYTES = 256 * 1024;
/** After this time, a request that another process has claimed counts as abandoned. */
const LEASE_MS = 10 * 60_000;
/** Hashing this many bytes takes about two milliseconds. */
const TURN_BYTES = 2 * 1024 * 1024;
/** Stands for an answer that is not stored because it showed a secret. */
const SECRET_SHOWN: StoredAnswer = { status: 0, headers: {}, body: "" };
const KEPT_HEADERS = ["content-type", "location"];

/** Makes every POST that is added from now on accept the header, and documents it. `projectOf` returns the owner of a key. */
export function acceptIdempotencyKeys(
  app: App,
  { store, log, limits }: Services,
  projectOf: (request: FastifyRequest) => string,
): void {
  const process = randomUUID();
  /** Requests that this process is running: a long request may outlive its lease. */
  const active = new Set<string>();
  const quota = createAnswerQuota(store, limits.project.answerBytes);
  const idOf = ({ project, route, key }: KeyName) => JSON.stringify([project, route, key]);

  app.decorateRequest("idempotency", null);
  app.addHook("onRoute", (route) => {
    if (route.method === "POST" || route.method === "DELETE") describeNoBody(route);
    if (route.method !== "POST") return;
    if (changesNothing(route)) route.config = { ...route.config, idempotency: false };
    if (route.config?.idempotency !== false) describe(route);
  });

  // Without a promise for the many requests without a key.
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
      const state = await store.idempotency.claim({
        ...name,
        owner,
        ownedUntil: now + LEASE_MS,
        resourceId: options.makes ? createId(options.makes) : "",
        at: now,
        expiredBefore: now - KEY_LIFETIME_MS,
        isFull: await quota.isFull(name.project),
      });
      if (state.kind === "running") throw stillRunning();
      if (state.kind === "full") throw tooManyAnswers(name.project, limits.project.answerBytes);
      if (state.kind === "owned" && !state.isRetry) quota.addKey(name.project);
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
      if (state.kind === "owned") await store.idempotency.release(name, owner);
      active.delete(idOf(name));
      throw state.fingerprint === FORGOTTEN ? forgotten() : otherRequest();
    }
    if (state.kind === "answered") throw new Replay(state.answer);
    if (state.fingerprint === null) await store.idempotency.fingerprint(name, owner, asked);
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
      if (state.kind === "owned" && answer) {
        await store.idempotency.answer(name, owner, answer);
        quota.addAnswer(name.project, Buffer.byteLength(answer.body));
      } else if (state.kind === "owned") await store.idempotency.release(name, owner);
    } catch (err) {
      // The request has run all the same; sent again, it runs again with the same id.
      log.error({ err, request_id: request.id }, "cannot store the answer of a request");
    }
    active.delete(idOf(name));
  };
}

/** Sets the digest of a request whose route reads the body itself. Throws a Replay, or `invalid` when another request has the key. */
export async function fingerprint({ idempotency }: FastifyRequest, digest: string): Promise<void> {
  await idempotency?.settle(digest);
}

/** The id for what the request creates; undefined when it came without a key. */
export function idempotentId({ idempotency }: FastifyRequest): string | undefined {
  return idempotency?.state.kind === "owned" ? idempotency.state.resourceId : undefined;
}

/** Sends a stored answer again. */
export function sendReplay(reply: FastifyReply, { status, headers, body }: StoredAnswer): FastifyReply {
  return reply.code(status).headers(headers).header(REPLAYED, "true").send(body);
}

function optionsOf(request: FastifyRequest): IdempotencyOptions | null {
  const options = request.routeOptions.config.idempotency ?? {};
  if (request.method !== "POST" || options === false) return null;
  const isBytes = request.body === undefined || request.body === null || request.body instanceof Uint8Array;
  // The body is a stream that the route does not fingerprint: rows to predict.
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

/** The part of an answer that is stored; null when it is not to be stored. */
function answerOf(request: FastifyRequest, reply: FastifyReply, payload: unknown): StoredAnswer | null {
  const { statusCode: status } = reply;
  // Limits and timeouts pass; the answer after that counts.
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

/** The error for a repeated request whose answer showed a secret. */
export function secretShown(): TrainyardError {
  return new TrainyardError(
    "conflict",
    "this request ran before, and its answer had a secret that is shown once: revoke what it created, and send another Idempotency-Key",
  );
}

function stillRunning(): TrainyardError {
  return new TrainyardError("conflict", "the first request with this Idempotency-Key is still running: try again later");
}

function forgotten(): TrainyardError {
  const detail =
    "what was asked under this Idempotency-Key is forgotten, with the rows that it named: GET the runs (/v1/forgets) to see what came of it, and send another key to ask anew";
  return new TrainyardError("conflict", detail);
}

function tooManyAnswers(project: string, limitBytes: number): TrainyardError {
  const detail = `${project} has stored answers of ${limitBytes} bytes, which is the maximum (TRAINYARD_PROJECT_ANSWER_BYTES): send the request without an Idempotency-Key, or wait until answers are 24 hours old`;
  return new TrainyardError("rate_limited", detail);
}

function otherRequest(): TrainyardError {
  const detail = "was used for another request to this path: send another key";
  return invalid([{ pointer: `/${HEADER}`, detail }]);
}

const NO_BODY = "This request takes no body.";

/** Whether an operation does no harm when it is sent again. */
const changesNothing = ({ url, schema }: { readonly url: string; readonly schema?: unknown }): boolean =>
  onlyReads(accessOf(url, schema as { readonly hide?: boolean; readonly operationId?: string } | undefined));

interface RouteSchema {
  body?: unknown;
  headers?: z.ZodType;
  response?: Record<string, { readonly content?: object }>;
}

/** Adds the header and its statuses to the schema of a route. */
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
    409: { description: "The first request with the Idempotency-Key is still running.", content },
    422: { description: "The Idempotency-Key was used for another request.", content },
    503: { description: "The server is draining, or its database accepts no writes.", content },
    507: { description: "The disk is full.", content },
    ...schema.response,
  } as RouteSchema["response"] & object;
}

/** Adds the answers to a body that a route does not take to its schema. */
function describeNoBody(route: { schema?: unknown }): void {
  const schema = route.schema as (RouteSchema & { hide?: boolean }) | undefined;
  if (!schema || schema.hide || schema.body !== undefined) return;
  const refused = { description: NO_BODY, content: schema.response?.["500"]?.content };
  schema.response = { 413: refused, 415: refused, ...schema.response } as RouteSchema["response"] & object;
}

const EXAMPLE_KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324";
