/** The store of tracking clients' logs, for one project. */
import type { Kysely } from "kysely";
import type { TrackingStore } from "../../../domain/tracking/tracking-store.ts";
import type { DueValues } from "../../due-values.ts";
import type { Tables } from "../../tables.ts";
import { changeExperiment, findExperiment, insertExperiment, listExperiments } from "./experiments.ts";
import { changeLoggedModel, deleteLoggedModel, getLoggedModel, insertLoggedModel, listLoggedModels } from "./models.ts";
import { changeRun, deleteOldRuns, deleteRunTag, getRuns, insertRun, linkRun, logToRun } from "./runs.ts";
import { searchRuns } from "./search.ts";
import { readPoints } from "./values.ts";

/** Creates the store of a project. */
export function trackingStore(
  {
    reader,
    writer,
    insertWriter,
    dueValues,
  }: Readonly<Record<"reader" | "writer" | "insertWriter", Kysely<Tables>>> & { readonly dueValues: Pick<DueValues, "write"> },
  project: string,
): TrackingStore {
  return {
    insertExperiment: (experiment) => insertExperiment(insertWriter, project, experiment),
    findExperiment: (by) => findExperiment(reader, project, by),
    listExperiments: () => listExperiments(reader, project),
    changeExperiment: (...change) => changeExperiment(insertWriter, project, ...change),
    insertRun: (run, tags) => insertRun(insertWriter, project, run, tags),
    getRun: async (id) => (await getRuns(reader, project, [id]))[0] ?? null,
    getRuns: (ids) => getRuns(reader, project, ids),
    changeRun: (...change) => changeRun(writer, project, ...change),
    linkRun: (...link) => linkRun(insertWriter, project, ...link),
    logToRun: (id, at, batch) => logToRun(insertWriter, project, id, at, batch),
    deleteRunTag: (id, at, key) => deleteRunTag(writer, project, id, at, key),
    readPoints: (runId, key, after, limit) => readPoints(reader, project, runId, key, after, limit),
    searchRuns: async (search) => {
      await dueValues.write();
      return searchRuns(reader, project, search);
    },
    insertModel: (model) => insertLoggedModel(insertWriter, project, model),
    getModel: (id) => getLoggedModel(reader, project, id),
    listModels: (experimentIds, offset, limit) => listLoggedModels(reader, project, experimentIds, offset, limit),
    changeModel: (...change) => changeLoggedModel(insertWriter, project, ...change),
    deleteModel: (id) => deleteLoggedModel(writer, project, id),
    deleteOld: (before, deletedBefore, limit) => deleteOldRuns(writer, before, deletedBefore, limit),
  };
}
