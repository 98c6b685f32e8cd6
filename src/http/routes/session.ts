/** A browser's session: a key is exchanged for a cookie that no script can read. */
import { z } from "zod";
import { SCOPES } from "../../domain/access/api-key.ts";
import { TrainyardError } from "../../domain/errors.ts";
import { identify } from "../auth/auth.ts";
import { isForeign } from "../auth/origin.ts";
import { noSessionCookie, sessionCookie, sessionTokens } from "../auth/session-cookie.ts";
import { parseBody } from "../connection/body.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi/openapi.ts";

const tags = ["keys"];
const BODY_BYTES = 4096;

const signInBody = z
  .strictObject({ key: z.string().min(1).max(500).meta({ description: "An API key." }) })
  .meta({ id: "SignIn", examples: [{ key: "ty_..." }] });

const sessionAnswer = z
  .object({
    authenticated: z.boolean().meta({ description: "Whether the request came with a valid key or session." }),
    required: z.boolean().meta({ description: "Whether this server requires one." }),
    project: z.string().nullable().meta({ description: "The project whose records are visible; null if none are." }),
    scopes: z.array(z.enum(SCOPES)).meta({ description: "What the key or session may do." }),
    expires_at: z.iso.datetime().nullable().meta({ description: "When the session or its key ends." }),
  })
  .meta({
    id: "Session",
    description: "Who the sender is.",
    examples: [{ authenticated: false, required: true, project: null, scopes: [], expires_at: null }],
  });

/** Registers the routes of the session. */
export function registerSession(app: App, { basePath, guard: { authenticator, onFailure, onSignIn } }: RouteContext): void {
  app.get(
    "/v1/session",
    {
      schema: {
        tags,
        operationId: "readSession",
        summary: "Who am I?",
        description:
          "The project and scopes of this request's key or session. Never answers 401: a page asks this before it has either.",
        response: answers({ 200: ["The session.", sessionAnswer] }),
      },
    },
    async (request, reply) => {
      const principal = await identify(authenticator, request);
      reply.header("cache-control", "no-store");
      return {
        authenticated: principal !== null && principal.keyId !== null,
        required: principal === null || principal.keyId !== null,
        project: principal?.project ?? null,
        scopes: principal ? [...principal.scopes] : [],
        expires_at: principal?.expiresAt ? new Date(principal.expiresAt).toISOString() : null,
      };
    },
  );

  app.post(
    "/v1/session",
    {
      bodyLimit: BODY_BYTES,
      config: { idempotency: false },
      schema: {
        tags,
        operationId: "signIn",
        summary: "Sign a browser in",
        description:
          "Exchanges a key for a cookie (HttpOnly, SameSite=Strict) with the same rights. It expires with the key, and after TRAINYARD_SESSION_SECONDS at the latest. Programs send the key itself, with each request.",
        body: signInBody,
        response: answers({ 204: ["The cookie is set.", z.undefined()] }, [400, 401, 403, 413, 415, 422, 429]),
      },
    },
    async (request, reply) => {
      if (isForeign(request)) throw otherSite();
      const { key } = parseBody(signInBody, request.body);
      onSignIn(request, reply);
      const session = await authenticator.signIn(key);
      if (!session) {
        onFailure(request, reply);
        throw new TrainyardError("unauthorized", "the key is not known, has expired or was revoked");
      }
      request.audit = { subject: "", principal: session.principal };
      reply.code(204).header("set-cookie", sessionCookie(request, basePath.of(request), session.token, session.expiresAt));
    },
  );

  app.delete(
    "/v1/session",
    {
      schema: {
        tags,
        operationId: "signOut",
        summary: "Sign a browser out",
        description: "Ends the session of the cookie, if there is one.",
        response: answers({ 204: ["There is no session any more.", z.undefined()] }, [403]),
      },
    },
    async (request, reply) => {
      if (isForeign(request)) throw otherSite();
      for (const token of sessionTokens(request)) {
        const principal = await authenticator.bySession(token);
        await authenticator.signOut(token);
        if (principal) request.audit = { subject: "", principal };
      }
      reply.code(204).header("set-cookie", noSessionCookie(request, basePath.of(request)));
    },
  );
}

function otherSite(): TrainyardError {
  return new TrainyardError(
    "forbidden",
    "the page that sent this belongs to another site: sign in and out on the server's own page",
  );
}
