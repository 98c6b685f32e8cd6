/** Imports a table for a request. A short import is answered with the data set, a long one with a record of its progress. */
import { notFound, TrainyardError } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import type { ImportRequest } from "../../domain/sources/import-request.ts";
import {
  IMPORT_BEAT_MS,
  type ImportChange,
  type ImportState,
  isEndedImport,
  type TableImport,
} from "../../domain/sources/table-import.ts";
import type { ProjectServices, Services } from "../services.ts";
import { type Imported, importTable } from "./import-table.ts";

export interface InTime {
  /** Aborts when whoever asked has gone before the answer was sent, the one that names the import included. */
  readonly left: AbortSignal;
  /** The id for its record, if it is known already. */
  readonly id?: string | undefined;
  /** How long the answer may take. */
  readonly withinMs: number;
}

/** The reason why a cancelled import ends. */
const CANCELLED = new TrainyardError("conflict", "the import was cancelled");

/** Imports a table. Throws what `importTable` throws while the request waits; later errors are in the record. */
export async function importInTime(
  services: ProjectServices,
  project: string,
  request: ImportRequest,
  { left, id, withinMs }: InTime,
): Promise<{ readonly imported: Imported } | { readonly underWay: TableImport }> {
  const ending = new AbortController();
  const over = services.importsUnderWay.begin(ending);
  let isLong = false;
  // What has a record is not answered for: it says how it ended.
  const leave = (): void => ending.abort(isLong ? CANCELLED : left.reason);
  if (left.aborted) leave();
  else left.addEventListener("abort", leave);
  let progress: ImportChange = { state: "fetching", bytes: 0 };
  const onProgress = (bytes: number, state: ImportState): void => {
    progress = { state, bytes };
  };
  const importing = importTable(services, project, request, { signal: ending.signal, onProgress }).catch((error: unknown) => {
    // Whatever error the source gives when it is ended, this is the reason.
    throw ending.signal.aborted ? ending.signal.reason : error;
  });
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), withinMs);
  });
  let isRecorded = false;
  try {
    const imported = await Promise.race([importing, waited]).finally(() => clearTimeout(timer));
    if (imported) return { imported };
    ending.signal.throwIfAborted();
    isLong = true;
    const started = { id: id ?? createId("import"), ...progress, createdAt: Date.now() };
    const underWay = await services.store.imports.insert(started).catch((error: unknown) => {
      ending.abort(error);
      throw error;
    });
    if (isEndedImport(underWay.state)) {
      ending.abort(CANCELLED);
      // Whoever asked has cancelled it by the key of the request; or the request ran before, and its answer was lost.
      if (underWay.state === "cancelled") throw CANCELLED;
      return { underWay };
    }
    isRecorded = true;
    void record(services, underWay.id, importing, () => progress, ending).finally(over);
    return { underWay };
  } finally {
    if (!isRecorded) {
      over();
      left.removeEventListener("abort", leave);
    }
  }
}

/** Records the progress of an import until it ends, and then how it ended. */
async function record(
  { store, log }: ProjectServices,
  id: string,
  importing: Promise<Imported | null>,
  progress: () => ImportChange,
  ending: AbortController,
): Promise<void> {
  let isOver = false;
  const beat = setInterval(() => {
    if (isOver) return;
    store.imports.change(id, progress(), Date.now()).then(
      (isCancelled) => {
        if (isCancelled) ending.abort(CANCELLED);
      },
      // The next record comes in a second.
      () => undefined,
    );
  }, IMPORT_BEAT_MS).unref();
  const end = await importing.then(
    (imported): ImportChange => ({ ...progress(), state: "succeeded", datasetId: imported?.summary.id ?? null }),
    (err: unknown): ImportChange => {
      if (err === CANCELLED) return { ...progress(), state: "cancelled" };
      const isSaid = err instanceof TrainyardError;
      if (!isSaid) log.error({ err, import_id: id }, "an import hit an error");
      const detail = isSaid ? err.message : "internal error; see the server log";
      return { ...progress(), state: "failed", error: { code: isSaid ? err.code : "internal", detail } };
    },
  );
  isOver = true;
  clearInterval(beat);
  await store.imports
    .change(id, end, Date.now())
    .catch((err: unknown) => log.warn({ err, import_id: id }, "cannot store how an import has ended"));
  log.info({ import_id: id, state: end.state, dataset_id: end.datasetId, bytes: end.bytes }, "import ended");
}

/** Returns the record of an import. Throws not_found. */
export async function readImport({ store }: ProjectServices, id: string): Promise<TableImport> {
  const found = await store.imports.get(id);
  if (!found) throw notFound("import", id);
  return found;
}

/** The route that asks for an import, as keys of requests name it. */
const ROUTE = "POST /v1/datasets/import";

/**
 * Cancels the import that a request asked for under an Idempotency-Key, by whoever may have missed the answer with its id. One that has no
 * record yet gets none but this, and ends when it would get one. Throws not_found for a key that no such request has had, and where the request was
 * answered with a data set or an error: then there is nothing to cancel.
 */
export async function cancelRequested(
  services: ProjectServices,
  { store }: Pick<Services, "store">,
  project: string,
  key: string,
): Promise<TableImport> {
  const found = await store.idempotency.find({ project, route: ROUTE, key });
  // Earlier versions chose no id beforehand.
  if (found === null || found.resourceId === "") throw notFound("import", key);
  const id = found.resourceId;
  // What was answered with a data set, or with an error, is over and has no record.
  if (found.isAnswered && !(await services.store.imports.get(id))) throw notFound("import", key);
  await services.store.imports.insert({ id, state: "cancelled", bytes: 0, createdAt: Date.now() });
  return cancelImport(services, id);
}

/** Asks for the end of an import, which comes within a second or two; a table that is being read becomes a data set first. Throws not_found. */
export async function cancelImport({ store }: ProjectServices, id: string): Promise<TableImport> {
  const found = await store.imports.cancel(id);
  if (!found) throw notFound("import", id);
  return found;
}
