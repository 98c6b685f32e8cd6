/** Imports a table: fetches it from a source and makes a data set of it, as if it had been uploaded. */
import { DATASET_FORMATS, type DatasetDocument } from "../../domain/datasets/dataset.ts";
import { misfitOption, type ReadingOptions, readingOptions } from "../../domain/datasets/reading-options.ts";
import { formatOf, stemOf } from "../../domain/datasets/table-label.ts";
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { createFairQueue } from "../../domain/fair-queue.ts";
import type { ImportOptions, ImportRequest } from "../../domain/sources/import-request.ts";
import type { FetchedTable } from "../../domain/sources/source-fetcher.ts";
import type { ProjectServices } from "../services.ts";
import { createDataset } from "./upload.ts";

/** An imported data set; `etag` as the source gave it. */
export type Imported = DatasetDocument & { readonly created: boolean; readonly etag: string | null };

interface ImportCall {
  /** The etag of the state that is already known. */
  readonly etag?: string | null;
  readonly signal: AbortSignal;
  /**
   * Whether it waits, instead of failing, while the project runs as many imports as it may. Schedules do, because no request waits for
   * them.
   */
  readonly waits?: boolean;
  /** Called for every piece, and when all have arrived. */
  readonly onProgress?: (bytes: number, state: "fetching" | "reading") => void;
}

/** Number of tables that the process fetches at a time: each needs a file and a connection. */
const queue = createFairQueue({ slots: 4, waiting: { most: 32, name: "imports" } });
/** Maximum imports of one project at a time. */
const MAX_OF_PROJECT = 2;
const underWay = new Map<string, number>();

/**
 * Fetches a table and makes a data set of it. Returns null if the source says that it still has the state of `etag`. Throws SourceError,
 * what `createDataset` throws, and rate_limited or unavailable while too many others are fetched.
 */
export async function importTable(
  services: ProjectServices,
  project: string,
  request: ImportRequest,
  { etag, signal, waits = false, onProgress }: ImportCall,
): Promise<Imported | null> {
  const count = underWay.get(project) ?? 0;
  if (count >= MAX_OF_PROJECT && !waits)
    throw new TrainyardError(
      "rate_limited",
      `${MAX_OF_PROJECT} imports of this project are running, the most at a time: ask again when one is done`,
    );
  underWay.set(project, count + 1);
  try {
    return await queue.run({ tenant: project, signal }, async () => {
      const fetched = await services.sources.fetch(request.source, { etag: etag ?? null, signal });
      if (fetched.isUnchanged) return null;
      const told = onProgress ? { ...fetched, stream: counted(fetched.stream, onProgress) } : fetched;
      return await take(services, told, request, waits);
    });
  } finally {
    const left = (underWay.get(project) ?? 1) - 1;
    if (left > 0) underWay.set(project, left);
    else underWay.delete(project);
  }
}

async function* counted<Piece extends Uint8Array>(
  stream: AsyncIterable<Piece>,
  onProgress: NonNullable<ImportCall["onProgress"]>,
): AsyncGenerator<Piece, void, void> {
  let bytes = 0;
  for await (const piece of stream) {
    bytes += piece.length;
    onProgress(bytes, "fetching");
    yield piece;
  }
  onProgress(bytes, "reading");
}

async function take(
  services: ProjectServices,
  fetched: FetchedTable,
  request: ImportRequest,
  isScheduled: boolean,
): Promise<Imported> {
  const { gzip, etag } = fetched;
  const described = describe(fetched, request);
  if ("fault" in described) {
    await fetched.stream[Symbol.asyncIterator]().return?.();
    throw described.fault;
  }
  const upload = await services.uploadSpool.receive(fetched.stream);
  return { ...(await createDataset(services, upload, { ...described, gzip, isScheduled })), etag };
}

function describe(fetched: FetchedTable, { name, format: asked, reading }: ImportOptions) {
  const format = fetched.format ?? asked ?? formatOf(fetched) ?? formatOf({ mediaType: "", fileName: name ?? "" });
  const called = name ?? stemOf(fetched.fileName);
  const fault = (pointer: string, detail: string) => ({ fault: invalid([{ pointer, detail }]) });
  if (fetched.format !== null && asked !== undefined && asked !== fetched.format)
    return fault("/format", `a query is always read as ${fetched.format}: leave the format out`);
  if (!format) {
    const said =
      fetched.mediaType === ""
        ? "the source gives no content type"
        : `the content type ${fetched.mediaType.slice(0, 100)} is not a table's`;
    return fault("/format", `${said}, and the name has no known extension: set the format (${DATASET_FORMATS.join(", ")})`);
  }
  if (called === "") return fault("/name", "is required: the name of the data set");
  const options: ReadingOptions = reading ?? readingOptions.parse({});
  const misfit = misfitOption(format, options);
  if (misfit) return fault(`/reading${misfit.pointer}`, misfit.detail);
  // The first row of a query is always its column names.
  return {
    name: called,
    format,
    options: fetched.format === null ? options : { ...options, header: "true" as const, delimiter: "," },
  };
}
