/** The store of monitored models. */
import type { Kysely } from "kysely";
import type { EntityStores } from "../domain/store/entity-stores.ts";
import { deleteOldAnswers, keepAnswers, labelAnswers, sumAnswers } from "./queries/monitoring/answers.ts";
import { deleteOldAskedRows, listAskedRows } from "./queries/monitoring/asked-rows.ts";
import { configureMonitor, getMonitor, listFigures, listWindows, setLiveScore } from "./queries/monitoring/monitors.ts";
import type { CallProcedure } from "./queries/procedures.ts";
import type { Tables } from "./tables.ts";

/** The connections that it needs; see Databases. */
interface Connections {
  readonly reader: Kysely<Tables>;
  readonly writer: Kysely<Tables>;
  readonly insertWriter: Kysely<Tables>;
  readonly call: CallProcedure;
}

/** Creates it. */
export function monitorStore({ reader, writer, insertWriter, call }: Connections): EntityStores["monitors"] {
  return {
    add: (modelId, counts, windowRows, at) => call("insertWriter", "addCounts", modelId, counts, windowRows, at),
    judge: (modelId, judged) => call("insertWriter", "judgeWindow", modelId, judged),
    get: (modelId) => getMonitor(reader, modelId),
    listWindows: (modelId, limit) => listWindows(reader, modelId, limit),
    configure: (modelId, changes, at) => configureMonitor(insertWriter, modelId, changes, at),
    keepAnswers: (modelId, id, answers, at, firstRow) => keepAnswers(insertWriter, modelId, id, answers, at, firstRow),
    label: (modelId, truths) => labelAnswers(writer, modelId, truths),
    sums: (modelId, newest) => sumAnswers(reader, modelId, newest),
    deleteOldAnswers: (before, limit) => deleteOldAnswers(writer, before, limit),
    setScore: (modelId, score, change) => setLiveScore(insertWriter, modelId, score, change),
    listFigures: (limit) => listFigures(reader, limit),
    keepRows: (modelId, rows, at, since) => call("insertWriter", "keepAskedRows", modelId, rows, at, since),
    listRows: (modelId, page) => listAskedRows(reader, modelId, page),
    deleteOldRows: (before, limit) => deleteOldAskedRows(writer, before, limit),
  };
}
