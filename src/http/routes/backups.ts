/** Backups: the whole database as a file, downloaded and restored while the server runs. */
import { createReadStream } from "node:fs";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { TrainyardError } from "../../domain/errors.ts";
import type { Archive } from "../../domain/operation/archive.ts";
import { entryOf } from "../auth/audit-log.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi/openapi.ts";

const tags = ["service"];
const DATABASE_TYPE = "application/vnd.sqlite3";
const FILE_TYPES = [DATABASE_TYPE, "application/octet-stream"];
const BINARY = z.string().meta({ format: "binary" });

const restoreAnswer = z.object({ bytes: z.int(), sha256: z.string() }).meta({
  id: "Restoration",
  description: "The backup that was received and will be restored.",
  examples: [{ bytes: 1_048_576, sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }],
});

const BACKUP = `A copy of the database as it is at one moment, checked, while the server goes on: jobs, metrics, checkpoints, data sets, models, keys. Keep it like a password: who has it has everything that is in it. \`Repr-Digest\` has its SHA-256.

Of a server on PostgreSQL its own tools make backups, and this is answered with 409.`;

const RESTORE = `The body is a backup. It is checked (whole, of this version or an older one, which is brought up to date) before anything happens. Then the server drains as for a stop, takes the backup in place of its database, which stays beside it as \`trainyard.db.replaced-...\`, and goes on: jobs that ran in it go on from their checkpoints, queued ones in their order. For a second or two connections are refused; \`/readyz\` says when it serves again.

Webhooks that were delivered after the backup was made may be sent again.`;

/** Registers the routes of backups. */
export function registerBackups(app: App, context: RouteContext): void {
  registerBackup(app, context);
  // Bodies are streams here.
  app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(FILE_TYPES, (_request, _payload, done) => done(null));
    registerRestore(scope, context);
  });
}

function registerBackup(app: App, { archive }: RouteContext): void {
  app.post(
    "/v1/backup",
    {
      config: { idempotency: false },
      schema: {
        tags,
        operationId: "backUp",
        summary: "Make a backup",
        description: BACKUP,
        response: answers({ 200: ["The file.", { [DATABASE_TYPE]: BINARY }] }, [409, 507]),
      },
    },
    async (request, reply) => {
      const { backUp, discard } = needed(archive);
      const file = await backUp();
      request.log.info({ bytes: file.bytes, sha256: file.sha256 }, "backup made");
      const stream = createReadStream(file.path);
      stream.once("close", () => void discard(file));
      reply
        .type(DATABASE_TYPE)
        .header("content-length", file.bytes)
        .header("cache-control", "no-store")
        .header("repr-digest", `sha-256=:${Buffer.from(file.sha256, "hex").toString("base64")}:`)
        .header(
          "content-disposition",
          `attachment; filename="trainyard-${new Date().toISOString().replaceAll(/[:.]/g, "-")}.db"`,
        );
      return stream;
    },
  );
}

function registerRestore(app: App, { archive, restart }: RouteContext): void {
  app.post(
    "/v1/restore",
    {
      bodyLimit: Number.MAX_SAFE_INTEGER,
      config: { idempotency: false },
      schema: {
        tags,
        operationId: "restore",
        summary: "Restore a backup",
        description: RESTORE,
        consumes: FILE_TYPES,
        body: BINARY.meta({ description: "The backup." }),
        response: answers(
          { 202: ["It is whole, and takes the database's place now.", restoreAnswer] },
          [400, 409, 413, 415, 422, 507],
        ),
      },
    },
    async (request, reply) => {
      const { receive, stage, discard } = needed(archive);
      const file = await receive(bytesOf(request.raw));
      try {
        // The entry of this request goes with the database that is replaced.
        await stage(file, { ...entryOf(request, reply), status: 202 });
      } catch (error) {
        await discard(file);
        throw error;
      }
      const { bytes, sha256 } = file;
      request.log.warn({ bytes, sha256 }, "a backup takes the database's place");
      // After the answer: its own connection is one of those that drain.
      reply.raw.once("close", restart);
      reply.code(202).header("location", "/readyz").header("connection", "close");
      return { bytes, sha256 };
    },
  );
}

function needed(archive: Archive | null): Archive {
  if (archive) return archive;
  throw new TrainyardError(
    "conflict",
    "the database is on PostgreSQL: its own tools (pg_dump, pg_restore) make and restore backups",
  );
}

/** The bytes of a body. Ending early leaves the connection open, so that an answer can still be sent. */
async function* bytesOf(body: IncomingMessage): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
  } catch {
    throw new TrainyardError("malformed", "the connection ended before the backup did");
  }
}
