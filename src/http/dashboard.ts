/**
 * The page at `/`: its built files, with their caching and content security policy. Knows no route of the page: a browser that
 * asks for a document outside the API gets the page, which reads the address itself.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { BasePath } from "./connection/base-path.ts";
import type { App } from "./context.ts";

/** Allows only what the server itself sends, and no scripts or styles inside documents. */
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

/** A worker of the page may compile WebAssembly, which no document may, and reach no address. */
const WORKER_POLICY = "default-src 'none'; script-src 'wasm-unsafe-eval'";
const WORKERS = /-worker-[\w-]{8}\.js$/;

/** Paths below which a request is for the API, never for the page. */
const API_PATHS = /^\/(v1|v2|docs|assets|openapi\.json|metrics|healthz|readyz)(\/|$)/;

/** Names with a hash of their content, which therefore never changes. */
const HASHED = /-[\w-]{8}\.\w+$/;
const FOREVER = "public, max-age=31536000, immutable";
/** A document names the path below which a proxy shows it. */
const DOCUMENT_VARIES = "accept-encoding, x-forwarded-prefix";
/** To be revalidated each time; an equal ETag saves the transfer. */
const FRESH = "no-cache";

export interface Dashboard {
  /** Registers `/` and the files. */
  register(app: App): Promise<void>;
  /** Answers a browser that visits an address of the page. Returns false if the request is not such a visit. */
  answerVisit(request: FastifyRequest, reply: FastifyReply): boolean;
}

/** The page in `directory`, or a note that it has not been built. */
export function createDashboard(directory: string | null, basePath: BasePath): Dashboard {
  const isBuilt = directory !== null && existsSync(join(directory, "index.html"));
  const documents = new Set(isBuilt ? readdirSync(directory).filter((name) => name.endsWith(".html")) : []);
  const sendPage = (request: FastifyRequest, reply: FastifyReply) => {
    const base = basePath.of(request);
    if (!isBuilt) return sendDocument(reply, below(NOTE, base));
    const name = documentFor(request.url, documents);
    if (base === "") return sendFile(reply, name, directory, DOCUMENT_VARIES);
    return sendDocument(reply, below(readFileSync(join(directory, name), "utf8"), base), CONTENT_SECURITY_POLICY);
  };
  return {
    async register(app) {
      await app.register(fastifyStatic, { serve: false, preCompressed: true, cacheControl: false });
      const options = { schema: { hide: true }, logLevel: "warn" } as const;
      app.get("/", options, (request, reply) => sendPage(request, reply));
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
      sendPage(request, reply);
      return true;
    },
  };
}

/** The document of an address by its name, which preloads the code of its view; else the one of every address. */
function documentFor(url: string, documents: ReadonlySet<string>): string {
  const steps = (url.split("?")[0] ?? "").split("/").filter(Boolean);
  const name = `index.${steps[0] ?? "home"}${steps.length === 2 ? ".one" : ""}.html`;
  return steps.length <= 2 && documents.has(name) ? name : "index.html";
}

/** Files beside the document whose names have no hash. */
function filesBeside(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(js|svg|webmanifest)$/.test(entry.name))
    .map(({ name }) => name);
}

function sendFile(reply: FastifyReply, file: string, directory: string, vary = "accept-encoding"): FastifyReply {
  const policy = WORKERS.test(file) ? WORKER_POLICY : CONTENT_SECURITY_POLICY;
  reply.header("content-security-policy", policy).header("vary", vary);
  reply.header("cache-control", HASHED.test(file) ? FOREVER : FRESH);
  return reply.sendFile(file, directory);
}

function sendDocument(reply: FastifyReply, document: string, policy: string | null = null): FastifyReply {
  if (policy !== null) reply.header("content-security-policy", policy);
  return reply.headers({ "cache-control": FRESH, vary: DOCUMENT_VARIES }).type("text/html; charset=utf-8").send(document);
}

/** The document for a base path, which the page reads from the root element. */
function below(document: string, base: string): string {
  return document.replace("<html", `<html data-base="${base}"`).replaceAll(/(href|src)="\//g, `$1="${base}/`);
}

const NOTE = `<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>Trainyard</title></head>
  <body>
    <h1>Trainyard</h1>
    <p>The server is running. Its page has not been built: run <code>npm run build</code> and start the server
    again (<code>npm start</code> does both).</p>
    <p>The API is described at <a href="/docs">/docs</a>.</p>
  </body>
</html>
`;
