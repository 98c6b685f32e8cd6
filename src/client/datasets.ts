/** The client's methods for data sets: uploads, columns, the first rows. */
import type { ColumnType, DatasetFormat } from "../domain/datasets/dataset.ts";
import { ENCODINGS, type Encoding } from "../domain/datasets/encodings.ts";
import { FORMAT_OF_ENDING } from "../domain/datasets/table-endings.ts";
import type { DateFormat } from "../domain/datasets/written/written-dates.ts";
import type {
  AuditRequest,
  Corrections,
  Dataset,
  DatasetPreview,
  DatasetSample,
  DatasetSummary,
  Forget,
  ForgetRequest,
  Page,
  PageQuery,
  PlannedForget,
  SubmittedJob,
} from "./answers.ts";
import { BYTES, type CallOptions, segment, type Transport } from "./transport/transport.ts";

/** How to read a table. */
export interface UploadOptions extends CallOptions {
  /** Left out if it is not known: the server refuses the table, and lists the formats. */
  readonly format?: DatasetFormat | undefined;
  readonly name: string;
  /** One character, for CSV; inferred when left out. */
  readonly delimiter?: string;
  /** For CSV and Excel: whether the first row has names; inferred when left out. */
  readonly header?: boolean;
  /** For CSV and Excel: lines to skip at the beginning; a title is detected when left out. */
  readonly skipLines?: number;
  /** Of CSV and Excel: `all` makes every line below the names a row; by default totals, notes and the like are left out. */
  readonly rows?: "auto" | "all";
  /** Of Excel: the name of the sheet; the first one that is not hidden and not empty when left out. */
  readonly sheet?: string;
  /** Types of columns by name, instead of inferring them. */
  readonly types?: Readonly<Record<string, ColumnType>>;
  /** The columns to keep; by default all. */
  readonly columns?: readonly string[];
  /** Words that stand for a missing value in every column, instead of NA and its like; or words by column, beside them. */
  readonly missing?: readonly string[] | Readonly<Record<string, readonly string[]>>;
  /** The sign before decimals, and the one between groups of three digits; found out for each column when left out. */
  readonly decimal?: "." | ",";
  readonly thousands?: "none" | "comma" | "point" | "space" | "apostrophe";
  /** How dates are written, for all columns or by column; inferred for each when left out. */
  readonly dateFormat?: DateFormat | Readonly<Record<string, DateFormat>>;
  /** How text is encoded; utf-8 when left out. */
  readonly encoding?: Encoding;
}

/** Methods about data sets. All of them reject as the transport does. */
export interface DatasetsClient {
  /** Uploads a table, gzipped or not. The same bytes with the same options are the same data set. */
  upload(table: BodyInit, options: UploadOptions): Promise<Dataset>;
  /** Returns a page of data sets without their columns, newest first. */
  datasets(query?: PageQuery, options?: CallOptions): Promise<Page<DatasetSummary>>;
  /** Returns a data set with its columns and their statistics. */
  dataset(id: string, options?: CallOptions): Promise<Dataset>;
  /** Returns the first `rows` rows. */
  preview(id: string, query?: { readonly rows?: number }, options?: CallOptions): Promise<DatasetPreview>;
  /** Returns at most `limit` rows of some columns, spread evenly over the data set. */
  sampleRows(
    id: string,
    query: { readonly columns: readonly string[]; readonly limit?: number },
    options?: CallOptions,
  ): Promise<DatasetSample>;
  /** Queues a job that looks for wrong labels of the column `target`. Its model's evaluation has `labels`. */
  audit(id: string, request: AuditRequest): Promise<SubmittedJob>;
  /** Returns another data set in which cells of one column are corrected; this one stays. */
  correct(id: string, corrections: Corrections): Promise<Dataset>;
  /** Returns what forgetting rows would do, and changes nothing. */
  planForget(id: string, request: ForgetRequest): Promise<PlannedForget>;
  /** Trains every model that saw rows again without them, and then erases the rows. The run continues by itself. */
  forget(id: string, request: ForgetRequest): Promise<Forget>;
  /** Returns a page of runs that forget rows, newest first. */
  forgets(query?: PageQuery, options?: CallOptions): Promise<Page<Forget>>;
  /** Returns a run that forgets rows. */
  readForget(id: string, options?: CallOptions): Promise<Forget>;
  /** Cancels a run that has erased nothing yet. */
  cancelForget(id: string): Promise<Forget>;
  /** Deletes a data set. Models that were trained on it stay. */
  removeDataset(id: string): Promise<void>;
}

/** Creates the methods about data sets over a transport. */
export function createDatasetsClient({ send, get, post, drop }: Transport): DatasetsClient {
  const pathOf = (id: string) => `v1/datasets/${segment(id)}`;
  return {
    async upload(table, { format, types, columns, missing, dateFormat, skipLines, signal, ...rest }) {
      const query = {
        ...rest,
        format,
        types: types && JSON.stringify(types),
        columns: columns && JSON.stringify(columns),
        missing: missing && JSON.stringify(missing),
        skip_lines: skipLines,
        date_format: typeof dateFormat === "object" ? JSON.stringify(dateFormat) : dateFormat,
      };
      // The query names the format: a media type of each would say it a second time.
      return (await send("POST", "v1/datasets", { query, file: table, type: BYTES, signal })).json() as Promise<Dataset>;
    },
    datasets: (query, options) => get("v1/datasets", query, options),
    dataset: (id, options) => get(pathOf(id), {}, options),
    preview: (id, query, options) => get(`${pathOf(id)}/preview`, query, options),
    sampleRows: (id, { columns, limit }, options) =>
      get(`${pathOf(id)}/rows`, { columns: JSON.stringify(columns), limit }, options),
    audit: (id, request) => post(`${pathOf(id)}/audit`, request),
    correct: (id, corrections) => post(`${pathOf(id)}/corrections`, corrections),
    planForget: (id, request) => post(`${pathOf(id)}/forget`, request, { validate_only: true }),
    forget: (id, request) => post(`${pathOf(id)}/forget`, request),
    forgets: (query, options) => get("v1/forgets", query, options),
    readForget: (id, options) => get(`v1/forgets/${segment(id)}`, {}, options),
    cancelForget: (id) => post(`v1/forgets/${segment(id)}/cancel`),
    removeDataset: (id) => drop(pathOf(id)),
  };
}

export { ENCODINGS };

/** The endings that name a format, without their dots. */
export const TABLE_ENDINGS: readonly string[] = [...FORMAT_OF_ENDING.keys()];

/**
 * Returns what a file's name says about the table in it: `rows.csv.gz` is a CSV named `rows`. `format` is null where the ending
 * names none; a `.gz` at the end counts for nothing.
 */
export function tableNamed(fileName: string): { readonly name: string; readonly format: DatasetFormat | null } {
  const parts = fileName.replace(/\.gz$/i, "").split(".");
  const format = FORMAT_OF_ENDING.get(parts.at(-1)?.toLowerCase() ?? "") ?? null;
  return { name: parts.slice(0, -1).join(".") || parts.join("."), format };
}
