/** Brings a database to the newest schema: the list of migrations, in order, each applied once and forward only. */
import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";
import * as earliestBuilds from "../../migrations/0000-earliest-builds.ts";
import * as jobs from "../../migrations/0001-jobs.ts";
import * as datasets from "../../migrations/0002-datasets.ts";
import * as evaluations from "../../migrations/0003-evaluations.ts";
import * as durable from "../../migrations/0004-durable.ts";
import * as projects from "../../migrations/0005-projects.ts";
import * as outward from "../../migrations/0006-outward.ts";
import * as cluster from "../../migrations/0007-cluster.ts";
import * as notableEpochs from "../../migrations/0008-notable-epochs.ts";
import * as sweeps from "../../migrations/0009-sweeps.ts";
import * as jobNotes from "../../migrations/0010-job-notes.ts";
import * as trialsByState from "../../migrations/0011-trials-by-state.ts";
import * as projectedValues from "../../migrations/0012-projected-values.ts";
import * as jobValues from "../../migrations/0013-job-values.ts";
import * as forgets from "../../migrations/0014-forgets.ts";
import * as editedMigrations from "../../migrations/0015-edited-migrations.ts";
import * as auditLog from "../../migrations/0016-audit-log.ts";
import * as tracking from "../../migrations/0017-tracking.ts";
import * as monitoring from "../../migrations/0018-monitoring.ts";
import * as schedules from "../../migrations/0019-schedules.ts";
import * as runStarts from "../../migrations/0020-run-starts.ts";
import * as askedRows from "../../migrations/0021-asked-rows.ts";
import * as dueValues from "../../migrations/0022-due-values.ts";
import * as liveScores from "../../migrations/0023-live-scores.ts";
import type { ColumnTypes } from "../../migrations/column-types.ts";
import type { Tables } from "./tables.ts";

interface MigrationFile {
  up(db: Kysely<unknown>, types: ColumnTypes): Promise<void>;
}

/** @internal */
export const MIGRATIONS: Readonly<Record<string, MigrationFile>> = {
  "0000-earliest-builds": earliestBuilds,
  "0001-jobs": jobs,
  "0002-datasets": datasets,
  "0003-evaluations": evaluations,
  "0004-durable": durable,
  "0005-projects": projects,
  "0006-outward": outward,
  "0007-cluster": cluster,
  "0008-notable-epochs": notableEpochs,
  "0009-sweeps": sweeps,
  "0010-job-notes": jobNotes,
  "0011-trials-by-state": trialsByState,
  "0012-projected-values": projectedValues,
  "0013-job-values": jobValues,
  "0014-forgets": forgets,
  "0015-edited-migrations": editedMigrations,
  "0016-audit-log": auditLog,
  "0017-tracking": tracking,
  "0018-monitoring": monitoring,
  "0019-schedules": schedules,
  "0020-run-starts": runStarts,
  "0021-asked-rows": askedRows,
  "0022-due-values": dueValues,
  "0023-live-scores": liveScores,
};

/** The names of the migrations, in the order in which they are applied. */
export const MIGRATION_NAMES: readonly string[] = Object.keys(MIGRATIONS);

/** Applies the missing migrations in one transaction. Throws the first error and leaves the database unchanged. */
export async function migrate(db: Kysely<Tables>, types: ColumnTypes): Promise<void> {
  const migrations = Object.fromEntries(
    Object.entries(MIGRATIONS).map(([name, file]): [string, Migration] => [
      name,
      { up: (transaction) => file.up(transaction, types) },
    ]),
  );
  // Builds had migration 6 before 4 and 5, and none had 0: missing migrations are applied even between applied ones.
  const provider = { getMigrations: () => Promise.resolve(migrations) };
  const migrator = new Migrator({ db, provider, allowUnorderedMigrations: true });
  const { error } = await migrator.migrateToLatest();
  if (error) throw error;
}
