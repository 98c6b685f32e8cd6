/** Makes the data set without the forgotten rows, a column at a time. The old one stays until everything has been trained again. */
import { createHash } from "node:crypto";
import type { Column, ColumnValues } from "../../domain/datasets/dataset.ts";
import type { AboutTable } from "../../domain/datasets/table-reading.ts";
import { notFound } from "../../domain/errors.ts";
import { createId } from "../../domain/id.ts";
import type { NoteCode } from "../../domain/notes.ts";
import type { ProjectServices } from "../services.ts";

/** Notes that name no cell. The others would need cells that are no longer known. */
const KEPT_NOTES: readonly NoteCode[] = ["index_column", "large_integers", "cells_corrected"];

/**
 * Stores the table and returns its id and hash. The hash is of the remaining rows, so removing the same rows again gives the same data set,
 * and the hash reveals nothing of the removed rows. `renamed`: ids of originals in its notes, with their replacements.
 */
export async function storeWithoutRows(
  { store, uploadSpool }: Pick<ProjectServices, "store" | "uploadSpool">,
  id: string,
  positions: readonly number[],
  renamed: ReadonlyMap<string, string>,
): Promise<{ readonly id: string; readonly sha256: string }> {
  const [dataset, document, preview] = await Promise.all([
    store.datasets.get(id),
    store.datasets.describe(id),
    store.datasets.readPreview(id),
  ]);
  if (!dataset || !document || !preview) throw notFound("data set", id);
  const { rows, name, format, bytes } = dataset;
  const about: AboutTable | null = document.aboutJson === null ? null : JSON.parse(document.aboutJson);
  const missing = about?.reading?.missing;
  const columns: Column[] = [];
  const values = new Map<string, ColumnValues>();
  const hash = createHash("sha256");
  for (const column of dataset.columns) {
    const isStored = column.type !== "text" || column.kept === true;
    const stored = isStored ? (await store.datasets.readColumns(id, [column.name])).get(column.name) : undefined;
    const words = [...(missing?.value ?? []), ...(missing?.by_column?.[column.name] ?? [])];
    const remaining = await uploadSpool.remove({ column, values: stored ?? null, rows, missing: words, positions });
    columns.push(remaining.column);
    hash.update(remaining.sha256);
    if (remaining.values) values.set(column.name, remaining.values);
  }
  const gone = new Set(positions);
  const left = rows - positions.length;
  const { summary } = await store.datasets.insert({
    ...{ id: createId("dataset"), name, format, rows: left, values },
    names: dataset.columns.map((column) => column.name),
    columnsJson: JSON.stringify(columns),
    aboutJson: about && aboutRemaining(about, renamed),
    previewLines: preview.lines.filter((_, row) => !gone.has(row)),
    sha256: hash.digest("hex"),
    bytes: Math.round((bytes * left) / rows),
    createdAt: Date.now(),
  });
  return { id: summary.id, sha256: summary.sha256 };
}

function aboutRemaining({ reading, notes }: AboutTable, renamed: ReadonlyMap<string, string>): string {
  const { skipped_lines: _, ...kept } = reading ?? { missing: undefined };
  const named = (text: string) => [...renamed].reduce((named, [old, now]) => named.replaceAll(old, now), text);
  const remaining = notes.filter(({ code }) => KEPT_NOTES.includes(code));
  return JSON.stringify({
    reading: reading && kept,
    notes: remaining.map((note) => ({ ...note, detail: named(note.detail) })),
  });
}
