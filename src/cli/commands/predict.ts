/** `trainyard predict`: streams rows of any number to a model, and their predictions to a file. */
import { Option } from "commander";
import { ENCODINGS } from "../../client/datasets.ts";
import type { BatchQuery, DatasetFormat } from "../../client/index.ts";
import { type Context, examples, type Register } from "../context.ts";
import { usageError } from "../exit.ts";
import { writeOutput } from "../files.ts";
import { printNotes } from "../notes.ts";
import { formatOf, openTable } from "../table-file.ts";
import { numberFrom, wholeNumber } from "../values.ts";

interface Options {
  readonly format?: DatasetFormat;
  readonly output: string;
  readonly top?: number;
  readonly threshold?: number;
  readonly interval?: number;
  readonly explain?: boolean;
  readonly background?: number;
  readonly encoding?: NonNullable<BatchQuery["encoding"]>;
  readonly spreadsheet?: boolean;
}

/** Formats whose rows can be answered while they arrive. */
const TYPES: Partial<Record<DatasetFormat, "text/csv" | "application/x-ndjson">> = {
  csv: "text/csv",
  ndjson: "application/x-ndjson",
};

export const registerPredict: Register = (program, context) => {
  program
    .command("predict")
    .description("predict rows: CSV comes back with more columns, NDJSON as one prediction per line")
    .argument("<model>", "id, name (its newest version), name@version or name@alias")
    .argument("<file>", "CSV or NDJSON; - is stdin")
    .option("--format <format>", "csv or ndjson; needed if the file's name does not show it", formatOf)
    .option("-o, --output <file>", "file to write; - is stdout", "-")
    .option("--top <classes>", "list this many classes, most probable first", wholeNumber(1))
    .option("--threshold <probability>", "for two classes: predict the second above this probability", numberFrom(0))
    .option(
      "--interval <probability>",
      "add intervals of values, or sets of classes, that contain the truth with this probability",
      numberFrom(0),
    )
    .option("--explain", "add what each column contributes to the value, or to the probability of the answered class")
    .option("--background <rows>", "with --explain: compare with this many training rows (default: 100)", wholeNumber(1))
    .addOption(new Option("--encoding <name>", "how text is encoded (default: utf-8)").choices(ENCODINGS))
    .option("--spreadsheet", "write CSV for a spreadsheet: puts a ' before texts that it would run as formulas")
    .addHelpText(
      "after",
      examples(
        "trainyard predict iris flowers.csv",
        "trainyard predict iris@production - < flowers.csv > answers.csv",
        "trainyard predict iris flowers.csv --explain",
        "echo '[5.1, 3.5, 1.4, 0.2]' | trainyard predict iris - --format ndjson",
      ),
    )
    .action((model: string, path: string, options: Options) => predict(context, model, path, options));
};

async function predict(context: Context, model: string, path: string, options: Options): Promise<void> {
  const { format, output, top, threshold, interval, encoding, spreadsheet, explain, background } = options;
  if (background !== undefined && !explain) throw usageError("--background needs --explain");
  const file = await openTable(path, context.input, format);
  const type = TYPES[file.format];
  if (!type) throw usageError(`${path} is ${file.format}, but predict takes CSV or NDJSON: save it as one of them`);
  const answer = await context.client().predictBatch(model, file.body, {
    type,
    ...(top === undefined ? {} : { topK: top }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(interval === undefined ? {} : { interval }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(spreadsheet ? { spreadsheet } : {}),
    ...(explain ? { explain, background } : {}),
    onNotes: (notes) => printNotes(context, notes),
  });
  await writeOutput(answer, output, context.output);
}
