/** The client's part for data sets: uploads, and what is known of their columns. */
import type { ColumnType, DatasetFormat } from "../domain/datasets/dataset.ts";
import type { Dataset, DatasetPreview, DatasetSummary, Page, PageQuery } from "./answers.ts";
import { segment, type Transport } from "./transport.ts";

const TYPE_OF_FORMAT: Readonly<Record<DatasetFormat, string>> = {
  csv: "text/csv",
  ndjson: "application/x-ndjson",
  json: "application/json",
  parquet: "application/vnd.apache.parquet",
};

export interface UploadOptions {
  readonly format: DatasetFormat;
  readonly name: string;
  /** Of CSV; found out when left out. */
  readonly delimiter?: string;
  /** Of CSV: whether the first row has names; found out when left out. */
  readonly header?: boolean;
  /** Types of columns by name, instead of inferring them. */
  readonly types?: Readonly<Record<string, ColumnType>>;
}

export interface DatasetsClient {
  /** Uploads a table, gzipped or not. The same bytes with the same options are the same data set. */
  upload(table: BodyInit, options: UploadOptions): Promise<Dataset>;
  /** Data sets without their columns, newest first. */
  datasets(query?: PageQuery): Promise<Page<DatasetSummary>>;
  /** A data set with its columns. */
  dataset(id: string): Promise<Dataset>;
  /** The first rows. */
  preview(id: string, query?: { readonly rows?: number }): Promise<DatasetPreview>;
  /** Deletes a data set. */
  removeDataset(id: string): Promise<void>;
}

/** The methods of data sets over a transport. */
export function createDatasetsClient({ send, get, drop }: Transport): DatasetsClient {
  const pathOf = (id: string) => `v1/datasets/${segment(id)}`;
  return {
    async upload(table, { format, name, delimiter, header, types }) {
      const query = { name, format, delimiter, header, types: types && JSON.stringify(types) };
      const response = await send("POST", "v1/datasets", { query, file: table, type: TYPE_OF_FORMAT[format] });
      return response.json() as Promise<Dataset>;
    },
    datasets: (query) => get("v1/datasets", query),
    dataset: (id) => get(pathOf(id)),
    preview: (id, query) => get(`${pathOf(id)}/preview`, query),
    removeDataset: (id) => drop(pathOf(id)),
  };
}
