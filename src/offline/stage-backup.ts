/**
 * Stages a backup for the next start of a server, which repairs a database on which no server can start. The argument is the
 * file; the output describes the backup. `trainyard restore --data-dir` runs it in a process of its own.
 */
import { createReadStream } from "node:fs";
import { TrainyardError } from "../domain/errors.ts";
import { ConfigError, parseConfig } from "../server/config.ts";
import { openArchive } from "../storage/sqlite/archive.ts";
import { makeDataDir } from "../storage/sqlite/data-dir.ts";
import { localEntry } from "./local-entry.ts";

try {
  process.stdout.write(`${JSON.stringify(await stageBackup(process.argv[2] ?? ""))}\n`);
} catch (error) {
  const isExpected = error instanceof TrainyardError || error instanceof ConfigError || (error as NodeJS.ErrnoException).code;
  if (!isExpected) throw error;
  process.stderr.write(`trainyard: ${(error as Error).message}\n`);
  process.exitCode = 1;
}

async function stageBackup(path: string): Promise<object> {
  const { dataDir } = parseConfig(process.env);
  await makeDataDir(dataDir);
  const archive = openArchive(dataDir);
  const file = await archive.receive(createReadStream(path));
  try {
    await archive.stage(file, localEntry({ operation: "restore", path: "/v1/restore", made: null, status: 202 }));
  } catch (error) {
    await archive.discard(file);
    throw error;
  }
  return { bytes: file.bytes, sha256: file.sha256 };
}
