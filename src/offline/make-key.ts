/**
 * Creates an API key in the data directory while no server uses it, such as the first key of a server that requires one. The
 * argument is the body of `POST /v1/keys`, the output its answer. `trainyard keys create --data-dir` runs it in a process of its
 * own.
 */

import { createKey } from "../app/access/create-key.ts";
import { newKeyBody, OPERATOR } from "../domain/access/api-key.ts";
import { invalid, TrainyardError } from "../domain/errors.ts";
import { fieldErrors } from "../domain/spec/spec-errors.ts";
import { representCreatedKey } from "../http/openapi/key-schemas.ts";
import { ConfigError, parseConfig } from "../server/config.ts";
import { openStore } from "../storage/open.ts";
import { localEntry } from "./local-entry.ts";

try {
  process.stdout.write(`${JSON.stringify(await makeKey(process.argv[2] ?? ""))}\n`);
} catch (error) {
  if (!(error instanceof TrainyardError || error instanceof ConfigError)) throw error;
  process.stderr.write(`trainyard: ${error.message}\n`);
  process.exitCode = 1;
}

async function makeKey(text: string): Promise<object> {
  const body = newKeyBody.safeParse(JSON.parse(text));
  if (!body.success) throw invalid(fieldErrors(body.error));
  const config = parseConfig(process.env);
  if (config.cluster)
    throw new TrainyardError(
      "conflict",
      "with TRAINYARD_DATABASE_URL, keys are created through the API: set TRAINYARD_ADMIN_KEY to create the first",
    );
  const store = await openStore(config);
  try {
    const made = await createKey({ store }, OPERATOR, body.data);
    const { id, project } = made.record;
    const entry = localEntry({ operation: "createKey", path: "/v1/keys", made: `/v1/keys/${id}`, status: 201, project });
    await store.auditLog.append([entry]);
    return representCreatedKey(made);
  } finally {
    await store.close();
  }
}
