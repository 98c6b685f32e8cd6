/** Tables for tests: bytes in chunks that end where a test says, and all cells of a table as texts. */
import type { ByteChunks, Table, TableLimits } from "../../../src/formats/tables/table.ts";

export const LIMITS: TableLimits = { rows: 1000, columns: 50, cellBytes: 1000 };

/** A text, or bytes, cut at some places. */
export function chunked(content: string | Uint8Array, cuts: readonly number[] = []): ByteChunks {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return async function* () {
    let start = 0;
    for (const end of [...places, bytes.length]) {
      yield new Uint8Array(bytes.subarray(start, end));
      start = end;
    }
  };
}

export interface Contents {
  readonly names: readonly string[];
  readonly rows: (string | undefined)[][];
}

/** Every cell as text; undefined for one that was not visited. */
export async function contentsOf(table: Table): Promise<Contents> {
  const rows: (string | undefined)[][] = [];
  const { names, rows: count } = await table.scan((row, column, cells, index) => {
    rows[row] ??= [];
    (rows[row] as (string | undefined)[])[column] = cells.text(index);
  });
  if (count !== rows.length) throw new Error(`${count} rows were said, ${rows.length} visited`);
  return { names, rows };
}

/** The sentence of the error that a table's walk ends with, and its code. */
export async function faultOf(table: Table): Promise<string> {
  try {
    await table.scan(() => undefined);
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    return `${code}: ${message}`;
  }
  return "no fault";
}
