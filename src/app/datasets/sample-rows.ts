/** Reads a few columns of rows spread over a data set, so that a page can draw them. */
import { cellReader, type ShownCell, spreadPlaces } from "../../domain/datasets/shown-cells.ts";
import { invalid, notFound } from "../../domain/errors.ts";
import { unknownColumn } from "../../domain/spelling.ts";
import type { ProjectServices } from "../services.ts";

/** Maximum values read for one answer, 128 MiB: a longer table may have fewer columns. */
const MAX_READ_VALUES = 2 ** 24;

/** Some rows of a data set: the same number of values of each column. */
export interface SampledRows {
  /** Number of rows in the data set. */
  readonly total: number;
  readonly returned: number;
  readonly columns: readonly { readonly name: string; readonly values: readonly ShownCell[] }[];
}

/**
 * Returns at most `limit` rows of the columns `names`, spread evenly over the table and in its order. Throws not_found, and invalid for a
 * name that is unknown, repeated or a text column, and if the table is too long for this many columns.
 */
export async function sampleRows(
  { store }: ProjectServices,
  id: string,
  { names, limit }: { readonly names: readonly string[]; readonly limit: number },
): Promise<SampledRows> {
  const dataset = await store.datasets.get(id);
  if (!dataset) throw notFound("data set", id);
  const found = names.map((name, index) => {
    const column = dataset.columns.find((candidate) => candidate.name === name);
    if (!column) throw refused(unknownColumn(name, dataset.columns));
    if (names.indexOf(name) !== index) throw refused(`${JSON.stringify(name)} is named twice`);
    if (column.type === "text") throw refused(`${JSON.stringify(name)} is text, which only the preview shows`);
    return column;
  });
  const most = Math.floor(MAX_READ_VALUES / Math.max(1, dataset.rows));
  if (names.length > most) throw refused(`at most ${most} columns of a table of ${dataset.rows} rows can be read at once`);
  const values = await store.datasets.readColumns(id, names);
  const rows = spreadPlaces(dataset.rows, limit);
  return {
    total: dataset.rows,
    returned: rows.length,
    columns: found.flatMap((column) => {
      const own = values.get(column.name);
      return own ? [{ name: column.name, values: rows.map(cellReader(column, own)) }] : [];
    }),
  };
}

const refused = (detail: string) => invalid([{ pointer: "/columns", detail }]);
