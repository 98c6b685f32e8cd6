/** Receives uploads over HTTP: their format, the options of the request, and their bytes, which go to the upload spool. */
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { UploadRequest } from "../../app/datasets/upload.ts";
import { DATASET_FORMATS } from "../../domain/datasets/dataset.ts";
import { ENCODINGS } from "../../domain/datasets/encodings.ts";
import { MAX_SKIPPED_LINES, misfitOption, readingOptions, WHOLE_LINES } from "../../domain/datasets/reading-options.ts";
import { formatOf, mediaTypeOf, stemOf, type TableLabel } from "../../domain/datasets/table-label.ts";
import type { Upload, UploadSpool } from "../../domain/datasets/upload.ts";
import { invalid, TrainyardError } from "../../domain/errors.ts";
import { fieldErrors } from "../../domain/spec/spec-errors.ts";
import { bodyChunks } from "./body-bytes.ts";
import { isGzip } from "./content-coding.ts";

export const MULTIPART_TYPE = "multipart/form-data";

/** Media types of a body that is the table itself. Any other is accepted when `format` or the name gives the format. */
export const TABLE_TYPES = [
  ...["text/csv", "application/x-ndjson", "application/json", "application/vnd.apache.parquet"],
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
] as const;

const asked = {
  name: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .meta({
      description: "Shown in lists; by default the name of the file.",
      examples: ["penguins"],
    }),
  format: z.enum(DATASET_FORMATS).optional().meta({
    description: "The format, when neither the content type nor the extension of the name gives it, or to override both.",
  }),
  delimiter: readingOptions.shape.delimiter,
  header: z.enum(["true", "false", "auto"]).optional().meta({
    description:
      "For CSV and Excel: whether the first row has names. `auto`, the default: yes if none of its cells is a number, date or boolean.",
  }),
  skip_lines: z.coerce
    .number<string>(WHOLE_LINES)
    .int(WHOLE_LINES)
    .min(0, WHOLE_LINES)
    .max(MAX_SKIPPED_LINES, WHOLE_LINES)
    .optional()
    .meta({
      description:
        "For CSV and Excel: how many lines at the beginning are no rows. When left out, a title above the names is found out.",
      examples: [3],
    }),
  rows: z.enum(["auto", "all"]).optional().meta({
    description:
      "For CSV and Excel: which lines below the names are rows. `auto`, the default: lines without values below the names, repeated names, notes below the rows and a row of totals are none. `all`: each is one.",
  }),
  sheet: readingOptions.shape.sheet,
  types: z
    .string()
    .optional()
    .meta({
      description: 'Types of columns by name as JSON, instead of inferring them: `{"zip": "category"}`.',
      examples: ['{"zip": "category"}'],
    }),
  columns: z
    .string()
    .optional()
    .meta({
      description:
        'The columns that are kept, with commas between or as JSON: `island,sex` or `["island", "sex"]`. All of them when left out.',
      examples: ["island,body_mass_g"],
    }),
  missing: z
    .string()
    .optional()
    .meta({
      description:
        'Words that stand for a missing value in every column, instead of NA and its like: divided by commas, or a JSON array. Empty: no word does, so that NA is a label. Words of single columns, beside NA and its like, are a JSON object: `{"age": ["-1"]}`.',
      examples: ["NA,-999"],
    }),
  decimal: readingOptions.shape.decimal,
  thousands: readingOptions.shape.thousands,
  date_format: z
    .string()
    .optional()
    .meta({
      description:
        'How dates are written: `ymd`, `dmy`, `mdy`, `epoch_s` or `epoch_ms`, or JSON by column: `{"sold": "dmy"}`. Found out for each column when left out.',
      examples: ["dmy"],
    }),
  encoding: z.enum(ENCODINGS).optional().meta({
    description:
      "How the text of CSV, NDJSON or JSON is encoded: `utf-8`, the default; `latin1` (Windows-1252), `utf-16`, or another of these. A CSV that is not UTF-8 is read as UTF-16, latin1 or shift_jis if its text is clearly that, with a note.",
  }),
};

/** Query parameters of an upload. */
export const uploadQuery = z.object(asked);
type Asked = z.output<typeof uploadQuery>;

/** The parts of a multipart upload: the same by name, and the file. */
const uploadForm = z.strictObject({ ...asked, file: z.string().meta({ format: "binary" }).optional() });

/** The media types of an upload's body for the OpenAPI document, each with a schema and an example. */
export function uploadContent(): Record<string, object> {
  const { $schema: _, ...form } = z.toJSONSchema(uploadForm, { io: "input" });
  const cell = { type: ["string", "number", "boolean", "null"] };
  const objects = { type: "array", items: { type: "object", additionalProperties: cell } };
  const rows = { type: "array", items: { type: "array", items: cell } };
  const split = {
    type: "object",
    properties: { columns: { type: "array", items: { type: "string" } }, rows },
    required: ["columns", "rows"],
    additionalProperties: false,
  };
  const bytes = { type: "string", format: "binary" };
  return {
    "text/csv": { schema: bytes, example: "island,body_mass_g\nTorgersen,3750\nDream,\n" },
    "application/x-ndjson": { schema: bytes, example: '{"island": "Torgersen", "body_mass_g": 3750}\n' },
    "application/json": { schema: { oneOf: [objects, split] }, example: [{ island: "Torgersen", body_mass_g: 3750 }] },
    [MULTIPART_TYPE]: { schema: form, example: { file: "island,body_mass_g\nTorgersen,3750\n", name: "penguins" } },
  };
}

/** An upload that has arrived, with the options of its request. */
export interface Arrival {
  readonly upload: Upload;
  readonly request: UploadRequest;
}

/** Receives the body of a request. An error leaves no upload behind. */
export async function receiveUpload(request: FastifyRequest, query: Asked, uploadSpool: UploadSpool): Promise<Arrival> {
  const gzip = isGzip(request.headers);
  const mediaType = mediaTypeOf(request.headers["content-type"]);
  if (mediaType === MULTIPART_TYPE) {
    const { upload, label, fields } = await receiveForm(request, uploadSpool);
    return arrive(uploadSpool, upload, () => requestOf({ ...query, ...parseFields(fields) }, label, gzip));
  }
  const asRequested = requestOf(query, { mediaType, fileName: "" }, gzip);
  return { upload: await uploadSpool.receive(bodyChunks(request.raw, connectionEnded)), request: asRequested };
}

async function arrive(uploadSpool: UploadSpool, upload: Upload, describe: () => UploadRequest): Promise<Arrival> {
  try {
    return { upload, request: describe() };
  } catch (error) {
    await uploadSpool.discard(upload);
    throw error;
  }
}

/** Reads every part, even after an error in one: a multipart stream that is left in the middle never ends. */
async function receiveForm(request: FastifyRequest, uploadSpool: UploadSpool) {
  const fields: Record<string, string> = {};
  let upload: Upload | null = null;
  let label: TableLabel = { mediaType: "", fileName: "" };
  let failure: unknown = null;
  const form = openForm(request);
  try {
    for await (const part of form.parts) {
      if (part.type === "field") {
        // Where a value is too long, the parser gives its beginning.
        if (part.valueTruncated) failure ??= tooLong(part.fieldname);
        // It has parsed what is said to be JSON.
        form.unreadJson.delete(part.fieldname);
        fields[part.fieldname] = typeof part.value === "string" ? part.value : JSON.stringify(part.value);
        continue;
      }
      try {
        if (failure === null && upload) throw invalid([{ pointer: "/file", detail: "an upload takes only one file" }]);
        if (failure === null) upload = await uploadSpool.receive(bodyChunks(part.file, connectionEnded));
        label = { mediaType: mediaTypeOf(part.mimetype), fileName: part.filename };
      } catch (error) {
        failure = error;
      }
      part.file.resume();
    }
    if (failure !== null) throw failure;
    if (!upload) throw invalid([{ pointer: "/file", detail: "the form has no file" }]);
    return { upload, label, fields };
  } catch (error) {
    if (upload) await uploadSpool.discard(upload);
    // The error of a part names that part already.
    if (error === failure || error instanceof TrainyardError) throw error;
    if (request.raw.errored) throw connectionEnded();
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (TOO_MANY_PARTS.test(code)) throw tooManyParts();
    if (code === NOT_JSON) throw notJson([...form.unreadJson]);
    throw code.startsWith("FST_") ? error : new TrainyardError("malformed", `the form cannot be parsed: ${message}`);
  } finally {
    form.passOver();
  }
}

/** Limits of a form: one file (a second is refused by name) and its options, of which an upload knows a dozen. */
const MAX_FILES = 2;
const MAX_FIELDS = 20;
const MAX_PARTS = MAX_FILES + MAX_FIELDS;
const MAX_FIELD_BYTES = 1024 * 1024;

/** The same for the parser of forms. Parts without a name are counted among all parts alone. */
export const FORM_LIMITS = {
  files: MAX_FILES,
  fields: MAX_FIELDS,
  parts: MAX_PARTS + 1,
  fieldSize: MAX_FIELD_BYTES,
  fileSize: Number.POSITIVE_INFINITY,
};

/** Bytes of a form that are parsed at once: they may be dozens of parts. */
const FORM_PIECE_BYTES = 4 * 1024;

interface Form {
  readonly parts: ReturnType<FastifyRequest["parts"]>;
  /** Names of fields declared as JSON that are not read yet. The parser skips invalid ones, and reports them at the end. */
  readonly unreadJson: Set<string>;
  /** Reads what is left of the request, and drops it. */
  passOver(): void;
}

/**
 * Opens a form. The parser is given its bytes in pieces, and is taken off it at a part that is too many: it has refused that part then,
 * but would go on to parse the others, thousands in one turn of the event loop.
 */
function openForm(request: FastifyRequest): Form {
  let isOver = false;
  const pieces = inPieces(request.raw, () => isOver);
  const passOver = (): void => {
    isOver = true;
    pieces.unpipe().resume();
  };
  let count = 0;
  const unreadJson = new Set<string>();
  /** Whether a part is a file, as the parser would say. */
  const isPartAFile = (name: string | undefined, mediaType: string | undefined, fileName: string | undefined): boolean => {
    count += 1;
    if (count === MAX_PARTS + 1) passOver();
    const isFile = mediaType === "application/octet-stream" || fileName !== undefined;
    if (!isFile && name !== undefined && mediaType?.startsWith("application/json")) unreadJson.add(name);
    return isFile;
  };
  // The parser reads the raw request, by its headers and its bytes.
  const raw = Object.assign(pieces, { headers: request.raw.headers });
  return {
    parts: (Object.create(request, { raw: { value: raw } }) as FastifyRequest).parts({ isPartAFile }),
    unreadJson,
    passOver,
  };
}

/** The bytes of a request in short pieces, and none any more when it is over. */
function inPieces(raw: IncomingMessage, isOver: () => boolean): Readable {
  async function* cut(): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of raw.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>)
      for (let at = 0; at < chunk.length && !isOver(); at += FORM_PIECE_BYTES) yield chunk.subarray(at, at + FORM_PIECE_BYTES);
  }
  return Readable.from(cut(), { objectMode: false, highWaterMark: FORM_PIECE_BYTES });
}

/** The parser's code for a field that is declared as JSON and is not. */
const NOT_JSON = "FST_INVALID_JSON_FIELD_ERROR";

function notJson(fields: readonly string[]): TrainyardError {
  const detail = `is not JSON, as its Content-Type says, or longer than the limit of ${MAX_FIELD_BYTES} bytes: correct it, or leave out its Content-Type if it is a word`;
  return invalid((fields.length > 0 ? fields : [""]).map((name) => ({ pointer: name && `/${name}`, detail })));
}

const TOO_MANY_PARTS = /^FST_(?:PARTS|FILES|FIELDS)_LIMIT$/;

function tooManyParts(): TrainyardError {
  return invalid([{ pointer: "", detail: "the form has too many parts: an upload takes only one file and its options" }]);
}

function tooLong(field: string): TrainyardError {
  return new TrainyardError("too_large", `/${field}: the field is larger than the limit of ${MAX_FIELD_BYTES} bytes`);
}

function connectionEnded(): TrainyardError {
  return new TrainyardError("malformed", "the connection closed before the upload was complete");
}

function parseFields(fields: Readonly<Record<string, string>>): Asked {
  const parsed = uploadForm.omit({ file: true }).safeParse(fields);
  if (!parsed.success) throw invalid(fieldErrors(parsed.error));
  return parsed.data;
}

function requestOf(
  { name, format, types, columns, missing, date_format: dates, ...rest }: Asked,
  label: TableLabel,
  gzip: boolean,
): UploadRequest {
  const options = readingOptions.safeParse({
    ...{
      delimiter: rest.delimiter,
      header: rest.header,
      rows: rest.rows,
      decimal: rest.decimal,
      thousands: rest.thousands,
      encoding: rest.encoding,
      skip_lines: rest.skip_lines,
      sheet: rest.sheet,
    },
    types: parseJson("types", types ?? "{}", '{"zip": "category"}'),
    columns: listOf("columns", columns, '["island", "sex"]'),
    missing: missing?.trimStart().startsWith("{")
      ? parseJson("missing", missing, '{"age": ["-1"]}')
      : listOf("missing", missing, '["NA", "-999"]'),
    date_format: dates?.trim().startsWith("{") ? parseJson("date_format", dates, '{"sold": "dmy"}') : dates,
  });
  if (!options.success) throw invalid(fieldErrors(options.error));
  const known = format ?? formatOf(label) ?? formatOf({ mediaType: "", fileName: name ?? "" });
  if (!known) {
    const given = label.mediaType ? `the content type ${label.mediaType} is not a table's` : "the content type is missing";
    const detail = `${given}: send ${TABLE_TYPES.join(", ")}, or add format=csv`;
    throw new TrainyardError("unsupported_media_type", detail);
  }
  const misfit = misfitOption(known, options.data);
  if (misfit) throw invalid([misfit]);
  const called = name ?? stemOf(label.fileName);
  if (called === "") throw invalid([{ pointer: "/name", detail: "is required: the name of the data set" }]);
  return { name: called, format: known, gzip, options: options.data };
}

/** Parses a list: a JSON array, or texts with commas between, of which empty ones are left out. `like` is an example in JSON. */
function listOf(name: string, text: string | undefined, like: string): unknown {
  if (text === undefined) return undefined;
  if (text.trimStart().startsWith("[")) return parseJson(name, text, like);
  return text
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

function parseJson(name: string, text: string, like: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid([{ pointer: `/${name}`, detail: `must be JSON, like ${like}` }]);
  }
}
