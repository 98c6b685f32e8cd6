/** Tables in NDJSON (JSON Lines): one object on each line. Empty lines are skipped. */
import { POLLUTION, parseExactJson, pollutionIn } from "../../domain/untrusted-json.ts";
import { skipSpaces } from "./byte-literals.ts";
import { findJsonFault } from "./json-fault.ts";
import { createJsonRows } from "./json-rows.ts";
import {
  type ByteChunks,
  columnNames,
  invalidTable,
  MAX_ROW_BYTES,
  malformedTable,
  NOT_UTF8,
  rowTooLong,
  type Table,
  type TableLimits,
} from "./table.ts";

const LF = 0x0a;
const CR = 0x0d;

/** A table in NDJSON. */
export function createNdjsonTable(chunks: ByteChunks, limits: TableLimits): Table {
  return {
    async scan(visit) {
      const rows = createJsonRows(visit, limits);
      let line = 0;
      for await (const bytes of linesOf(chunks())) {
        line++;
        const { buffer, byteOffset, byteLength } = bytes;
        const end = rows.readObject(Buffer.from(buffer, byteOffset, byteLength), skipSpaces(bytes, 0, byteLength), line);
        // If something follows a plain row, the parser reports it.
        if (end >= 0 && isBlank(bytes, end)) continue;
        const text = decode(bytes, line);
        if (text.trim() !== "") rows.addObject(parseLine(text, line), line);
      }
      return { rows: rows.rows, names: columnNames(rows.names) };
    },
  };
}

/** Whether nothing follows a position: a carriage return may end a line. */
function isBlank(bytes: Uint8Array, from: number): boolean {
  const end = skipSpaces(bytes, from, bytes.length);
  return end === bytes.length || (end === bytes.length - 1 && bytes[end] === CR);
}

/** Lines without their ends. Most are views of a chunk; a line across two chunks is joined. */
async function* linesOf(chunks: AsyncIterable<Uint8Array<ArrayBuffer>>): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let held = 0;
  let line = 1;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      const rest = chunk.subarray(start, end);
      yield parts.length === 0 ? rest : Buffer.concat([...parts, rest]);
      parts = [];
      held = 0;
      start = end + 1;
      line++;
    }
    if (start < chunk.length) {
      parts.push(Uint8Array.from(chunk.subarray(start)));
      held += chunk.length - start;
      if (held > MAX_ROW_BYTES) throw rowTooLong(`line ${line}`);
    }
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Uint8Array, line: number): string {
  try {
    return UTF8.decode(bytes);
  } catch {
    throw malformedTable(`line ${line}: ${NOT_UTF8}`);
  }
}

/** The value of a line. Throws malformed with the line and character. */
export function parseLine(text: string, line: number): unknown {
  let value: unknown;
  try {
    value = parseExactJson(text);
  } catch {
    const { at, expected } = findJsonFault(text);
    throw malformedTable(`line ${line}, character ${at + 1}: expected ${expected}`);
  }
  const pollution = pollutionIn(text, value);
  if (pollution !== null) throw invalidTable(`line ${line}: ${pollution} ${POLLUTION}`);
  return value;
}
