/** `trainyard datasets`: upload tables, list them, show their columns, delete them. */
import { InvalidArgumentError } from "commander";
import type { Dataset, DatasetFormat } from "../../client/index.ts";
import { cellText } from "../../client/table-text.ts";
import { type Context, examples, type Register } from "../context.ts";
import { usageError } from "../exit.ts";
import { byteSize, localTime, significant, timeText } from "../figures.ts";
import { printNotes } from "../notes.ts";
import { findDataset, idText } from "../references.ts";
import { addReadingOptions, formatOf, openTable, type Reading, readingOf } from "../table-file.ts";
import { moreRows, sparkline, table } from "../terminal.ts";
import { namesOf, wholeNumber } from "../values.ts";

interface AddOptions extends Reading {
  readonly name?: string;
  readonly format?: DatasetFormat;
  readonly columns?: readonly string[];
}

export const registerDatasets: Register = (program, context) => {
  const datasets = program.command("datasets").description("add, list, show and delete tables to train on");
  const adding = datasets
    .command("add")
    .description("upload a table; the same bytes give the same data set")
    .argument("<file>", "CSV, Excel, NDJSON, JSON or Parquet, gzipped or not; - is stdin")
    .option("-n, --name <name>", "name of the data set (default: the file's name)")
    .option("--format <format>", "csv, ndjson, json, parquet or xlsx; needed if the file's name does not show it", formatOf)
    .option("--columns <names>", "the columns to keep, separated by commas (default: all)", namesOf);
  addReadingOptions(adding)
    .addHelpText(
      "after",
      examples(
        "trainyard datasets add penguins.csv",
        "trainyard datasets add report.xlsx --sheet Orders",
        "zcat rows.gz | trainyard datasets add - --name rows",
      ),
    )
    .action((path: string, options: AddOptions) => add(context, path, options));
  datasets
    .command("list")
    .description("list data sets, newest first")
    .option("-l, --limit <count>", "how many", wholeNumber(1, 200), 20)
    .action(async (query: { limit: number }) => {
      const page = await context.client().datasets(query);
      const rows = page.data.map(({ id, name, format, rows: count, column_count: columns, bytes, created_at: at }) => {
        return [
          name,
          idText(id, context.out),
          format,
          String(count),
          String(columns),
          byteSize(bytes),
          timeText(at, context.out),
        ];
      });
      const head = ["data set", "id", "format", "rows", "columns", "size", "created"];
      context.show(page, () => {
        if (rows.length === 0) return ["No data sets."];
        return [...table([head, ...rows], context.out), ...moreRows(page, "trainyard datasets list", query.limit, context.out)];
      });
    });
  datasets
    .command("show")
    .description("show the columns of a data set, with their types and statistics")
    .argument("<dataset>", "id or name")
    .addHelpText("after", examples("trainyard datasets show penguins"))
    .action(async (reference: string) => {
      const dataset = await findDataset(context.client(), reference);
      context.show(dataset, () => describe(dataset, context));
    });
  datasets
    .command("correct")
    .description("correct cells of a column; the corrected table is a new data set")
    .argument("<dataset>", "id or name")
    .requiredOption("-c, --column <name>", "the column")
    .requiredOption(
      "--set <row=value...>",
      "a row, counted from 1, and its value; nothing after the = means missing",
      (text: string, others: CorrectedCell[] = []) => [...others, cellOf(text)],
    )
    .option("-n, --name <name>", "name of the new data set (default: the old name)")
    .addHelpText("after", examples("trainyard datasets correct iris --column species --set 71=virginica --set 84=virginica"))
    .action(async (reference: string, { column, set, name }: { column: string; set: CorrectedCell[]; name?: string }) => {
      const client = context.client();
      const { id, columns, rows } = await findDataset(client, reference);
      const beyond = set.find(({ row }) => row >= rows);
      // Row numbers are counted from 1 here, and from 0 in the API.
      if (beyond) throw usageError(`--set ${beyond.row + 1}=${beyond.text}: ${reference} has ${rows} rows, counted from 1`);
      const type = columns.find((each) => each.name === column)?.type;
      const isNumber = type === "number" || type === "integer";
      const cells = set.map(({ row, text }) => ({ row, value: text === "" ? null : isNumber ? numberOf(text) : text }));
      const dataset = await client.correct(id, { column, cells, ...(name !== undefined && { name }) });
      context.show(dataset, () => describe(dataset, context));
      printNotes(context, dataset.notes);
    });
  datasets
    .command("rm")
    .description("delete data sets; models that were trained on them stay")
    .argument("<datasets...>", "ids or names")
    .action(async (references: string[]) => {
      const client = context.client();
      for (const reference of references) {
        const { id, name } = await findDataset(client, reference);
        await client.removeDataset(id);
        context.show({ id, deleted: true }, () => [`${id}  ${name}  deleted`]);
      }
    });
};

async function add(context: Context, path: string, { name, format, columns, ...reading }: AddOptions): Promise<void> {
  const file = await openTable(path, context.input, format);
  const options = { ...readingOf(reading), ...(columns && { columns }), name: name ?? file.name, format: file.format };
  const dataset = await context.client().upload(file.body, options);
  context.show(dataset, () => describe(dataset, context));
  printNotes(context, dataset.notes);
}

interface CorrectedCell {
  /** From 0. */
  readonly row: number;
  readonly text: string;
}

/** Reads `row=value`. */
function cellOf(argument: string): CorrectedCell {
  const [, row, text] = /^([1-9]\d{0,14})=(.*)$/s.exec(argument) ?? [];
  if (row === undefined || text === undefined)
    throw new InvalidArgumentError("It must be a row, counted from 1, and a value, such as 71=virginica.");
  return { row: Number(row) - 1, text };
}

/** The number of a text; any other text stays, and the server reports it. */
const numberOf = (text: string): number | string => (text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text);

/** Maximum columns shown. */
const MAX_COLUMNS = 200;

function describe({ id, name, format, rows, bytes, columns }: Dataset, { out }: Context): string[] {
  const title = `${out.paint.bold(name)}  ${rows} rows, ${columns.length} columns, ${format}, ${byteSize(bytes)}`;
  const lines = columns.slice(0, MAX_COLUMNS).map((column) => {
    return [column.name, column.type, String(column.missing), String(column.distinct), contentOf(column)];
  });
  const more = columns.length > MAX_COLUMNS ? [`${columns.length - MAX_COLUMNS} more columns; show them with --json`] : [];
  return [
    out.live ? out.fit(title) : title,
    out.paint.dim(id),
    "",
    ...table([["column", "type", "missing", "distinct", "values"], ...lines], out),
    ...more,
  ];
}

/** A column's content: range and histogram of numbers, the most frequent labels of others. */
function contentOf({ type, statistics, top }: Dataset["columns"][number]): string {
  if (!statistics)
    return top
      .slice(0, 3)
      .map(({ value, count }) => `${value} (${count})`)
      .join(", ");
  const { min, max, mean, histogram } = statistics;
  const time = (value: number) => localTime(new Date(value).toISOString());
  const [cell, figure] = type === "datetime" ? [time, time] : [cellText, significant];
  return `${sparkline(histogram.counts)}  ${cell(min)} to ${cell(max)}, mean ${figure(mean)}`;
}
