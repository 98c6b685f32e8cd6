/** The format and name of a table according to its sender, besides its bytes. */
import type { DatasetFormat } from "./dataset.ts";
import { FORMAT_OF_ENDING } from "./table-endings.ts";

/** From the headers of a request, of a part or of an answer. Both may be empty. */
export interface TableLabel {
  readonly mediaType: string;
  readonly fileName: string;
}

/** The format of each media type. */
const FORMAT_OF_TYPE: ReadonlyMap<string, DatasetFormat> = new Map(
  Object.entries({
    "text/csv": "csv",
    "application/csv": "csv",
    "text/tab-separated-values": "csv",
    "application/x-ndjson": "ndjson",
    "application/ndjson": "ndjson",
    "application/jsonl": "ndjson",
    "application/json": "json",
    "application/vnd.apache.parquet": "parquet",
    "application/parquet": "parquet",
    "application/x-parquet": "parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.ms-excel.sheet.macroenabled.12": "xlsx",
  } as const),
);

/** The format that a label means: by its media type, or else by the file extension. */
export function formatOf({ mediaType, fileName }: TableLabel): DatasetFormat | undefined {
  return FORMAT_OF_TYPE.get(mediaType) ?? formatOfName(fileName);
}

/** The media type of a Content-Type, in lower case and without its parameters; empty if there is none. */
export function mediaTypeOf(header: string | undefined): string {
  return (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function formatOfName(fileName: string): DatasetFormat | undefined {
  const extension = /\.([a-z]+)(?:\.gz)?$/i.exec(fileName)?.[1]?.toLowerCase() ?? "";
  return FORMAT_OF_ENDING.get(extension);
}

/** A name for a data set: that of its file, without its extension. */
export function stemOf(fileName: string): string {
  const base = fileName.split(/[/\\]/).at(-1) ?? "";
  return base
    .replace(/\.gz$/i, "")
    .replace(/\.[a-z]+$/i, "")
    .trim()
    .slice(0, 200);
}
