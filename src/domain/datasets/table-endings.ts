/** The formats of tables by file extension. Imports only types, because the page and the client load it. */
import type { DatasetFormat } from "./dataset.ts";

/** Formats by extension, in lower case and without its dot; a `.gz` after it does not count. */
export const FORMAT_OF_ENDING: ReadonlyMap<string, DatasetFormat> = new Map<string, DatasetFormat>([
  ["csv", "csv"],
  ["tsv", "csv"],
  ["txt", "csv"],
  ["ndjson", "ndjson"],
  ["jsonl", "ndjson"],
  ["json", "json"],
  ["parquet", "parquet"],
  ["xlsx", "xlsx"],
  ["xlsm", "xlsx"],
]);
