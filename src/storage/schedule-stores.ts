/** The stores of schedules, of their runs, and of imports. */
import type { Kysely } from "kysely";
import { isEndedImport } from "../domain/sources/table-import.ts";
import type { EntityStores } from "../domain/store/entity-stores.ts";
import { cancelImport, changeImport, deleteOldImports, getImport, insertImport } from "./queries/datasets/imports.ts";
import {
  claimRun,
  getRun,
  listFreeRuns,
  listRuns,
  releaseRun,
  releaseRuns,
  renewRun,
  saveRun,
} from "./queries/schedules/runs.ts";
import {
  changeSchedule,
  deleteSchedule,
  fireSchedule,
  getSchedule,
  insertSchedule,
  listDueSchedules,
  listSchedules,
  startRun,
} from "./queries/schedules/schedules.ts";
import type { Tables } from "./tables.ts";

/** The connections that they need; see Databases. */
interface Connections {
  readonly reader: Kysely<Tables>;
  readonly writer: Kysely<Tables>;
  readonly insertWriter: Kysely<Tables>;
}

/** Creates them. Insertions belong to `project`; lists cover `listed`, or all projects when null. */
export function scheduleStores(
  { reader, writer, insertWriter }: Connections,
  project: string,
  listed: string | null,
): Pick<EntityStores, "schedules" | "scheduleRuns" | "imports"> {
  return {
    imports: {
      insert: (started) => insertImport(writer, project, started),
      get: (id) => getImport(reader, id),
      change: (id, change, at) => changeImport(writer, id, change, isEndedImport(change.state), at),
      cancel: (id) => cancelImport(writer, id),
      deleteOld: (before, limit) => deleteOldImports(writer, before, limit),
    },
    schedules: {
      insert: (schedule) => insertSchedule(insertWriter, project, schedule),
      get: (id) => getSchedule(reader, id),
      list: (page) => listSchedules(reader, listed, page),
      change: (id, change) => changeSchedule(writer, id, change),
      delete: (id) => deleteSchedule(writer, id),
      listDue: (now, limit) => listDueSchedules(reader, now, limit),
      fire: (id, dueAt, nextAt, run) => fireSchedule(insertWriter, id, dueAt, nextAt, run),
    },
    scheduleRuns: {
      insert: (run) => startRun(insertWriter, run),
      get: (id) => getRun(reader, id),
      list: (scheduleId, page) => listRuns(reader, scheduleId, page),
      listFree: (now, limit) => listFreeRuns(reader, now, limit),
      claim: (id, lease, now, until) => claimRun(writer, id, lease, now, until),
      renew: (id, lease, until) => renewRun(writer, id, lease, until),
      save: (id, lease, change) => saveRun(writer, id, lease, change),
      release: (id, lease) => releaseRun(writer, id, lease),
      releaseAll: () => releaseRuns(writer),
    },
  };
}
