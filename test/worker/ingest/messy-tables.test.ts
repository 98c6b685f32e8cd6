import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { Column } from "../../../src/domain/datasets/dataset.ts";
import { readingOptions } from "../../../src/domain/datasets/reading-options.ts";
import { aboutTable } from "../../../src/domain/datasets/table-reading.ts";
import type { IngestedTable } from "../../../src/domain/datasets/upload.ts";
import { parseConfig } from "../../../src/server/config.ts";
import { read } from "../../../src/worker/ingest/ingest-thread.ts";
import { unmoved } from "../../../src/worker/transfer.ts";

const limits = parseConfig({}).datasetLimits;

/** Tables as a bank, an instrument, a shop, a spreadsheet, an office, a sensor and a survey export them. */
it.each([
  ["bank", 20, "datetime datetime category category category number category", ["title_lines"]],
  [
    "laboratory",
    24,
    "category category number number number number category",
    ["bounds_read_as_numbers", "name_lines", "title_lines"],
  ],
  ["uriage-shift-jis", 20, "category datetime category integer integer category integer", ["encoding_guessed"]],
  ["groups", 12, "category category number number number number number", ["name_lines"]],
  ["districts", 16, "category integer number number category", ["cells_read_as_missing", "lines_below", "title_lines"]],
  ["sensors", 20, "datetime number integer number category number", ["ambiguous_dates"]],
  ["survey", 24, "datetime category category integer category category category", ["spellings_merged"]],
])("%s is read as its owner means it", async (name, rows, types, codes) => {
  const path = fileURLToPath(new URL(`../../fixtures/tables/messy/${name}.csv`, import.meta.url));
  const moved = await read({ path, format: "csv", gzip: false, options: readingOptions.parse({}), limits });
  const { table } = unmoved(moved).value as { readonly table: IngestedTable };
  const { notes } = aboutTable.parse(JSON.parse(table.aboutJson ?? ""));
  const columns = JSON.parse(table.columnsJson) as Column[];
  expect({ rows: table.rows, types: columns.map(({ type }) => type).join(" ") }).toEqual({ rows, types });
  expect([...new Set(notes.map(({ code }) => code))].sort().filter((code) => code !== "ambiguous_numbers")).toEqual(codes);
});
