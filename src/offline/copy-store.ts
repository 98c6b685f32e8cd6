/**
 * The program behind `trainyard copy-store`: copies a whole installation from one database to another. It runs in a process of
 * its own, because the command line must not know databases.
 */
import { parseArgs } from "node:util";
import { recover } from "../app/jobs/recover.ts";
import { TrainyardError } from "../domain/errors.ts";
import { copyStore } from "../storage/copy-store.ts";
import { type OpenedDatabase, openDatabase } from "../storage/open-database.ts";

const { values } = parseArgs({ options: { from: { type: "string" }, to: { type: "string" } } });
const say = (line: string): void => void process.stdout.write(`${line}\n`);

try {
  await copy(values.from ?? "", values.to ?? "");
} catch (error) {
  if (!(error instanceof TrainyardError)) throw error;
  process.stderr.write(`trainyard: ${error.message}\n`);
  process.exitCode = 1;
}

async function copy(from: string, to: string): Promise<void> {
  const opened: OpenedDatabase[] = [];
  try {
    const source = await openDatabase(from);
    opened.push(source);
    const target = await openDatabase(to);
    opened.push(target);
    const reports = await copyStore(source.db, target.db, ({ table, rows, sha256 }) =>
      say(`${table.padEnd(20)}${String(rows).padStart(10)} rows  ${sha256.slice(0, 16)}`),
    );
    // Jobs that ran in the source resume from their checkpoints at the first start of the target.
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    const moved = await recover({ store: target.store, log });
    const rows = reports.reduce((sum, report) => sum + report.rows, 0);
    say(`${rows} rows; the count and SHA-256 of each table are equal on both sides.`);
    if (moved > 0) say(`${moved} jobs that were running are queued, paused or cancelled, as after a stop of the server.`);
  } finally {
    for (const { close } of opened.toReversed()) await close();
  }
}
