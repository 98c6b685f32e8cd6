/**
 * Queries on data sets. A data set is written over many short transactions, so that a large one never blocks the writer for
 * long, and becomes visible when the last one marks it ready. Rows that are not ready belong to an upload or deletion under way.
 */
import { type Kysely, sql } from "kysely";
import type {
  Column,
  ColumnValues,
  Dataset,
  DatasetDocument,
  DatasetFormat,
  DatasetSummary,
} from "../../../domain/datasets/dataset.ts";
import type { NewDataset } from "../../../domain/datasets/dataset-store.ts";
import { invalid, notFound, TrainyardError } from "../../../domain/errors.ts";
import type { Page, PageRequest } from "../../../domain/page.ts";
import type { ResolvedSpec } from "../../../domain/spec/spec.ts";
import { holdRows, isDuplicate } from "../../dialect.ts";
import { parseInSlices } from "../../parse-in-slices.ts";
import type { DatasetsTable, Tables } from "../../tables.ts";
import { assertRoomForDataset } from "../access/quotas.ts";
import { CHUNK_BYTES } from "../blobs.ts";
import { toPage } from "../page.ts";
import { claimDataset, eraseDataset } from "./delete-datasets.ts";

/** Chunks written or read in one statement: some milliseconds of the connection. */
const CHUNKS_PER_STATEMENT = 4;

/** The storage of a column: its name, and the type of its values; null for text that is not stored. */
interface ColumnLayout {
  readonly name: string;
  readonly values: "float64" | "int32" | "text" | null;
  /** For text: its packed length. */
  readonly bytes?: number;
}

const SUMMARY = ["id", "name", "format", "sha256", "bytes", "rows", "column_count", "created_at"] as const;
const DOCUMENT = [...SUMMARY, "columns"] as const;

/** The connections that an insertion uses: see Databases in store.ts. */
interface Writers {
  readonly writer: Kysely<Tables>;
  readonly bulkWriter: Kysely<Tables>;
}

/** See DatasetStore.insert. */
export async function insertDataset(
  { writer, bulkWriter }: Writers,
  project: string,
  dataset: NewDataset,
): Promise<DatasetDocument & { readonly created: boolean }> {
  const layout = await layoutOfNew(writer, dataset);
  const row = toRow(project, dataset, layout);
  await bulkWriter.transaction().execute(async (transaction) => {
    if (dataset.within) await assertRoomForDataset(transaction, project, dataset.bytes, dataset.within.datasetBytes);
    await transaction.insertInto("datasets").values(row).execute();
  });
  try {
    for (const [index, name] of dataset.names.entries()) {
      const values = dataset.values.get(name);
      if (values) await writeValues(bulkWriter, dataset.id, index, values);
      else if (dataset.copyOf !== undefined)
        await copyValues(bulkWriter, { from: dataset.copyOf, to: dataset.id, index }, bytesOf(layout[index], dataset.rows));
    }
    const existing = await makeReady(writer, project, dataset).catch((error: unknown) => {
      // Another upload of the same content became ready at the same time: find that one.
      if (!isDuplicate(error)) throw error;
      return makeReady(writer, project, dataset);
    });
    if (!existing) return { ...toDocument(row), created: true };
    // The remains after a full disk are invisible, and are removed at the next sweep.
    await eraseDataset(writer, dataset.id).catch(() => undefined);
    return { ...existing, created: false };
  } catch (error) {
    await eraseDataset(writer, dataset.id).catch(() => undefined);
    throw error;
  }
}

/** Marks a data set as ready and returns null; or returns the existing data set with the same content, if there is one. */
function makeReady(
  writer: Kysely<Tables>,
  project: string,
  { id, sha256, format, isClaimed = false }: NewDataset,
): Promise<DatasetDocument | null> {
  return writer.transaction().execute(async (transaction) => {
    const existing = await findDataset(transaction, project, sha256, format);
    // PostgreSQL may delete it between the two statements; then this one takes its place.
    if (existing && (!isClaimed || (await claimDataset(transaction, existing.summary.id)))) return existing;
    await transaction.updateTable("datasets").set({ ready: 1 }).where("id", "=", id).execute();
    return null;
  });
}

async function writeValues(db: Kysely<Tables>, id: string, index: number, values: ColumnValues): Promise<void> {
  const all = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const count = Math.ceil(all.byteLength / CHUNK_BYTES);
  for (let position = 0; position < count; position += CHUNKS_PER_STATEMENT) {
    const chunks = Array.from({ length: Math.min(CHUNKS_PER_STATEMENT, count - position) }, (_, offset) => ({
      dataset_id: id,
      column_index: index,
      position: position + offset,
      bytes: all.slice((position + offset) * CHUNK_BYTES, (position + offset + 1) * CHUNK_BYTES),
    }));
    await db.insertInto("dataset_chunks").values(chunks).execute();
  }
}

/** Copies the chunks of a column from one data set to another, a bounded number at a time. Throws not_found if they are gone. */
async function copyValues(
  db: Kysely<Tables>,
  { from, to, index }: { readonly from: string; readonly to: string; readonly index: number },
  bytes: number,
): Promise<void> {
  const count = Math.ceil(bytes / CHUNK_BYTES);
  for (let position = 0; position < count; position += CHUNKS_PER_STATEMENT) {
    const end = Math.min(count, position + CHUNKS_PER_STATEMENT);
    const { numInsertedOrUpdatedRows: copied } = await db
      .insertInto("dataset_chunks")
      .columns(["dataset_id", "column_index", "position", "bytes"])
      .expression((query) =>
        query
          .selectFrom("dataset_chunks")
          .select([sql<string>`cast(${to} as text)`.as("dataset_id"), "column_index", "position", "bytes"])
          .where("dataset_id", "=", from)
          .where("column_index", "=", index)
          .where("position", ">=", position)
          .where("position", "<", end),
      )
      .executeTakeFirstOrThrow();
    if (Number(copied ?? 0) < end - position) throw notFound("data set", from);
  }
}

/** See DatasetStore.find. */
export async function findDataset(
  db: Kysely<Tables>,
  project: string,
  sha256: string,
  format: DatasetFormat,
): Promise<DatasetDocument | null> {
  const row = await db
    .selectFrom("datasets")
    .select(DOCUMENT)
    .where("project", "=", project)
    .where("sha256", "=", sha256)
    .where("format", "=", format)
    .where("ready", "=", 1)
    .executeTakeFirst();
  return row ? toDocument(row) : null;
}

/** See DatasetStore.describe. */
export async function describeDataset(db: Kysely<Tables>, id: string): Promise<DatasetDocument | null> {
  const row = await db.selectFrom("datasets").select(DOCUMENT).where("id", "=", id).where("ready", "=", 1).executeTakeFirst();
  return row ? toDocument(row) : null;
}

/** See DatasetStore.get. */
export async function getDataset(db: Kysely<Tables>, id: string): Promise<Dataset | null> {
  const document = await describeDataset(db, id);
  return document && { ...document.summary, columns: (await parseInSlices(document.columnsJson)) as Column[] };
}

/** See DatasetStore.list. Lists the data sets of every project when `project` is null. */
export async function listDatasets(
  db: Kysely<Tables>,
  project: string | null,
  { after, limit }: PageRequest,
): Promise<Page<DatasetSummary>> {
  let query = db.selectFrom("datasets").select(SUMMARY).where("ready", "=", 1).orderBy("id", "desc");
  if (project !== null) query = query.where("project", "=", project);
  if (after !== undefined) query = query.where("id", "<", after);
  return toPage(await query.limit(limit + 1).execute(), limit, toSummary);
}

/** See DatasetStore.readPreview. */
export async function readDatasetPreview(
  db: Kysely<Tables>,
  id: string,
): Promise<{ readonly names: readonly string[]; readonly lines: readonly string[] } | null> {
  const row = await db
    .selectFrom("datasets")
    .select(["layout", "preview"])
    .where("id", "=", id)
    .where("ready", "=", 1)
    .executeTakeFirst();
  if (!row) return null;
  const names = layoutOf(row).map(({ name }) => name);
  return { names, lines: row.preview === "" ? [] : row.preview.split("\n") };
}

/** See DatasetStore.readColumns. */
export async function readDatasetColumns(
  db: Kysely<Tables>,
  id: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, ColumnValues>> {
  const row = await db
    .selectFrom("datasets")
    .select(["rows", "layout"])
    .where("id", "=", id)
    .where("ready", "=", 1)
    .executeTakeFirst();
  if (!row) throw notFound("data set", id);
  const positions = new Map(layoutOf(row).map((column, index) => [column.name, { ...column, index }]));
  const found = new Map<string, ColumnValues>();
  for (const name of names) {
    const column = positions.get(name);
    if (!column) throw new TrainyardError("not_found", `there is no column ${JSON.stringify(name)} in data set ${id}`);
    if (!column.values)
      throw new TrainyardError("not_found", `the column ${JSON.stringify(name)} is text, which has no values`);
    const values = emptyValues(column, row.rows);
    await readValues(db, id, column.index, new Uint8Array(values.buffer));
    found.set(name, values);
  }
  return found;
}

function emptyValues({ values, bytes = 0 }: ColumnLayout, rows: number): ColumnValues {
  if (values === "text") return new Uint8Array(bytes);
  return values === "float64" ? new Float64Array(rows) : new Int32Array(rows);
}

async function readValues(db: Kysely<Tables>, id: string, index: number, into: Uint8Array): Promise<void> {
  for (let position = 0; position * CHUNK_BYTES < into.byteLength; ) {
    const chunks = await db
      .selectFrom("dataset_chunks")
      .select("bytes")
      .where("dataset_id", "=", id)
      .where("column_index", "=", index)
      .where("position", ">=", position)
      .orderBy("position")
      .limit(CHUNKS_PER_STATEMENT)
      .execute();
    // The data set was deleted while it was read; an existing one has all of its chunks.
    if (chunks.length === 0) throw notFound("data set", id);
    for (const { bytes } of chunks) into.set(bytes, position++ * CHUNK_BYTES);
  }
}

/**
 * Throws invalid when the data set of a job to be inserted does not exist: it may have been deleted since its rows were read. It stays until
 * the transaction ends, and after it for the job.
 */
export async function assertDatasetIsThere(db: Kysely<Tables>, { data }: ResolvedSpec): Promise<void> {
  if (!("dataset" in data)) return;
  const { id } = data.dataset;
  const found = db.selectFrom("datasets").select("id").where("id", "=", id).where("ready", "=", 1);
  const row = await holdRows(db, found).executeTakeFirst();
  if (!row) throw invalid([{ pointer: "/data/dataset/id", detail: `there is no data set ${id}` }]);
}

/** How a new data set is laid out: as its values are, and as the data set that it is a copy of. */
async function layoutOfNew(db: Kysely<Tables>, { names, values: all, copyOf }: NewDataset): Promise<readonly ColumnLayout[]> {
  const original = copyOf === undefined ? [] : await readLayout(db, copyOf);
  return names.map((name, index): ColumnLayout => {
    const values = all.get(name);
    if (!values) return original[index] ?? { name, values: null };
    if (values instanceof Uint8Array) return { name, values: "text", bytes: values.byteLength };
    return { name, values: values instanceof Float64Array ? "float64" : "int32" };
  });
}

async function readLayout(db: Kysely<Tables>, id: string): Promise<ColumnLayout[]> {
  const row = await db.selectFrom("datasets").select("layout").where("id", "=", id).where("ready", "=", 1).executeTakeFirst();
  if (!row) throw notFound("data set", id);
  return layoutOf(row);
}

const VALUE_BYTES = { float64: Float64Array.BYTES_PER_ELEMENT, int32: Int32Array.BYTES_PER_ELEMENT } as const;

/** Bytes of the values of a column. */
function bytesOf({ values, bytes = 0 }: ColumnLayout = { name: "", values: null }, rows: number): number {
  if (values === null) return 0;
  return values === "text" ? bytes : rows * VALUE_BYTES[values];
}

function toRow(project: string, dataset: NewDataset, layout: readonly ColumnLayout[]): DatasetsTable {
  return {
    id: dataset.id,
    project,
    name: dataset.name,
    format: dataset.format,
    sha256: dataset.sha256,
    bytes: dataset.bytes,
    rows: dataset.rows,
    column_count: dataset.names.length,
    layout: JSON.stringify(layout),
    columns: dataset.aboutJson ? `${dataset.columnsJson}\n${dataset.aboutJson}` : dataset.columnsJson,
    preview: dataset.previewLines.join("\n"),
    ready: 0,
    claimed: dataset.isClaimed ? 1 : 0,
    created_at: dataset.createdAt,
  };
}

function layoutOf({ layout }: Pick<DatasetsTable, "layout">): ColumnLayout[] {
  return JSON.parse(layout) as ColumnLayout[];
}

function toSummary(row: Pick<DatasetsTable, (typeof SUMMARY)[number]>): DatasetSummary {
  return {
    id: row.id,
    name: row.name,
    format: row.format as DatasetFormat,
    sha256: row.sha256,
    bytes: row.bytes,
    rows: row.rows,
    columnCount: row.column_count,
    createdAt: row.created_at,
  };
}

/** JSON text contains no line end: the first line is the columns, and the second is the reading and notes of the table. */
function toDocument(row: Pick<DatasetsTable, (typeof DOCUMENT)[number]>): DatasetDocument {
  const end = row.columns.indexOf("\n");
  const [columnsJson, aboutJson] = end < 0 ? [row.columns, null] : [row.columns.slice(0, end), row.columns.slice(end + 1)];
  return { summary: toSummary(row), columnsJson, aboutJson };
}
