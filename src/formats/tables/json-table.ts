/** Tables in one JSON value: an array of objects, or `{"columns": [names], "rows": [[values], ...]}`. */
import { createJsonRows, type JsonRows } from "./json-rows.ts";
import { createJsonFeed, type JsonSplitter, type Reading } from "./json-splitter.ts";
import { type ByteChunks, columnNames, invalidTable, type Table, type TableExtent, type TableLimits } from "./table.ts";

const ARRAY = 0x5b;
const OBJECT = 0x7b;
const ARRAY_END = 0x5d;
const OBJECT_END = 0x7d;
const COMMA = 0x2c;

/** A table in JSON. Rows are read one by one, however many there are. */
export function createJsonTable(chunks: ByteChunks, limits: TableLimits): Table {
  return {
    async scan(visit) {
      const rows = createJsonRows(visit, limits);
      let extent: TableExtent = { rows: 0, names: [] };
      const feed = createJsonFeed(function* (splitter) {
        const first = yield* splitter.peek();
        if (first === ARRAY) {
          yield* readRows(splitter, rows.readObject, rows.addObject);
          extent = { rows: rows.rows, names: columnNames(rows.names) };
        } else if (first === OBJECT) {
          extent = yield* readColumnsAndRows(splitter, rows);
        } else {
          throw splitter.fail('a table is an array of objects, or {"columns": [...], "rows": [[...], ...]}');
        }
        if ((yield* splitter.peek()) >= 0) throw splitter.fail("there is something after the table");
      });
      for await (const chunk of chunks()) feed.push(chunk);
      feed.end();
      return extent;
    },
  };
}

/** Comma-separated rows: `read` takes plain ones, `add` the others, parsed. */
function* readRows(
  splitter: JsonSplitter,
  read: (bytes: Buffer, start: number, line: number) => number,
  add: (row: unknown, line: number) => void,
): Reading<void> {
  yield* splitter.expect("[");
  if ((yield* splitter.peek()) !== ARRAY_END) {
    for (;;) {
      yield* splitter.peek();
      if (!splitter.takeRows(read)) {
        yield* splitter.peek();
        const { line } = splitter;
        add(yield* splitter.value(), line);
      }
      if ((yield* splitter.peek()) !== COMMA) break;
      yield* splitter.expect(",");
    }
  }
  yield* splitter.expect("]");
}

function* readColumnsAndRows(splitter: JsonSplitter, rows: JsonRows): Reading<TableExtent> {
  let names: string[] | null = null;
  let seen = false;
  yield* splitter.expect("{");
  while ((yield* splitter.peek()) !== OBJECT_END) {
    const key = yield* splitter.value();
    yield* splitter.expect(":");
    if (key === "columns") {
      names = namesOf(yield* splitter.value());
    } else if (key === "rows") {
      seen = true;
      if ((yield* splitter.peek()) !== ARRAY) throw invalidTable("must be an array of arrays", "/rows");
      yield* readRows(splitter, rows.readArray, rows.addArray);
    } else {
      throw splitter.fail(
        `${JSON.stringify(key)} is not a member here; there are "columns" and "rows", or a table is an array of objects: pandas writes that with orient="records"`,
      );
    }
    if ((yield* splitter.peek()) !== COMMA) break;
    yield* splitter.expect(",");
  }
  yield* splitter.expect("}");
  if (!names) throw invalidTable("is required: the names of the columns", "/columns");
  if (!seen) throw invalidTable("is required: an array of arrays", "/rows");
  if (rows.rows > 0 && rows.width !== names.length) {
    throw invalidTable(`there are ${names.length} columns, but the rows have ${rows.width} values`, "/columns");
  }
  return { rows: rows.rows, names };
}

function namesOf(given: unknown): string[] {
  if (Array.isArray(given) && given.every((name) => typeof name === "string")) return columnNames(given);
  throw invalidTable("must be an array of names", "/columns");
}
