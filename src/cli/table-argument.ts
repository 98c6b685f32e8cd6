/** A table that a command is given: a file that is uploaded, or a data set by its id or name. */
import { stat } from "node:fs/promises";
import { tableNamed } from "../client/datasets.ts";
import type { Client, Dataset } from "../client/index.ts";
import type { Context } from "./context.ts";
import { printNotes } from "./notes.ts";
import type { TableFile } from "./table-file.ts";

/** Whether an argument is a data set: an id, or a name that no file has and no file would have. */
export async function namesDataset(data: string): Promise<boolean> {
  if (data.startsWith("ds_")) return true;
  if (data === "-" || tableNamed(data).format !== null || /[/\\]/.test(data)) return false;
  return (await stat(data).catch(() => null)) === null;
}

/** Uploads a table; the server stores the same bytes once. */
export async function uploadTable(context: Context, client: Client, { name, format, body }: TableFile): Promise<Dataset> {
  const { err } = context;
  const dataset = await client.upload(body, { name, format });
  err.print(err.paint.dim(`${dataset.name}: ${dataset.rows} rows, ${dataset.column_count} columns (${dataset.id})`));
  printNotes(context, dataset.notes);
  return dataset;
}
