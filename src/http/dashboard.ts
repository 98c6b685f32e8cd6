/**
 * The page at `/`: the files that were built, with their caching and the policy under which they run. Knows no route of
 * the page: a browser that asks for a document outside the API is given the page, which looks at the address itself.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { App } from "./context.ts";

/** Nothing but what the server itself sends, and no scripts or styles inside documents. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** Under these, whoever asks wants an answer of the API and no page. */
const API_PATHS = /^\/(v1|v2|docs|assets|openapi\.json|metrics|healthz|readyz)(\/|$)/;

/** Names with a hash of their content: what they hold never changes. */
const HASHED = /-[\w-]{8}\.\w+$/;
const FOREVER = "public, max-age=31536000, immutable";
/** To be asked for anew each time; the ETag saves the sending. */
const FRESH = "no-cache";

export interface Dashboard {
  /** Registers `/` and the files. */
  register(app: App): Promise<void>;
  /** Answers a browser's visit to an address of the page; false when this is no such visit. */
  answerVisit(request: FastifyRequest, reply: FastifyReply): boolean;
}

/** The page in `directory`, or a note in its place when it has not been built there. */
export function createDashboard(directory: string | null): Dashboard {
  const isBuilt = directory !== null && existsSync(join(directory, "index.html"));
  const sendPage = (reply: FastifyReply) => (isBuilt ? sendFile(reply, "index.html", directory) : sendNote(reply));
  return {
    async register(app) {
      await app.register(fastifyStatic, { serve: false, preCompressed: true, cacheControl: false });
      const options = { schema: { hide: true }, logLevel: "warn" } as const;
      app.get("/", options, (_request, reply) => sendPage(reply));
      if (!isBuilt) return;
      for (const file of filesBeside(directory))
        app.get(`/${file}`, options, (_request, reply) => sendFile(reply, file, directory));
      app.get<{ Params: { file: string } }>("/assets/:file", options, ({ params }, reply) =>
        sendFile(reply, params.file, join(directory, "assets")),
      );
    },
    answerVisit(request, reply) {
      const isVisit = request.method === "GET" && (request.headers.accept ?? "").includes("text/html");
      if (!isVisit || API_PATHS.test(request.url)) return false;
      sendPage(reply);
      return true;
    },
  };
}

/** What lies beside the document and is asked for by its plain name. */
function filesBeside(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(js|svg|webmanifest)$/.test(entry.name))
    .map(({ name }) => name);
}

function sendFile(reply: FastifyReply, file: string, directory: string): FastifyReply {
  reply.header("content-security-policy", CONTENT_SECURITY_POLICY).header("vary", "accept-encoding");
  reply.header("cache-control", HASHED.test(file) ? FOREVER : FRESH);
  return reply.sendFile(file, directory);
}

function sendNote(reply: FastifyReply): FastifyReply {
  return reply.header("cache-control", FRESH).type("text/html; charset=utf-8").send(NOTE);
}

const NOTE = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Trainyard</title></head>
  <body>
    <h1>Trainyard</h1>
    <p>The server is running. Its page has not been built: run <code>npm run build:dashboard</code> and start the server
    again (<code>npm start</code> does both).</p>
    <p>The API is described at <a href="/docs">/docs</a>.</p>
  </body>
</html>
`;
