/** The formats of tables by the ending of a file's name. Imports types alone: the page and the client load it. */
import type { DatasetFormat } from "./dataset.ts";

/** Formats by ending, in small letters and without its dot; a `.gz` after it does not count. */
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
