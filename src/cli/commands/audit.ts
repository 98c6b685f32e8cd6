/** `trainyard audit`: finds wrong labels of a data set. */
import { Option } from "commander";
import { type Context, examples, type Register } from "../context.ts";
import { withServer } from "../embedded.ts";
import { followJob, howToReturn } from "../follow.ts";
import { printNotes } from "../notes.ts";
import { findDataset } from "../references.ts";
import { addReadingOptions, namesDataset, openTable, type Reading, readingOf, uploadTable } from "../table-file.ts";
import { namesOf, wholeNumber } from "../values.ts";

interface AuditOptions extends Reading {
  readonly target: string;
  readonly features?: readonly string[];
  readonly task?: "binary_classification" | "multiclass_classification";
  readonly repeats?: number;
  readonly seed?: number;
}

export const registerAudit: Register = (program, context) => {
  const auditing = program
    .command("audit")
    .description("find rows whose label is probably wrong; starts a server if none answers")
    .argument("<data>", "table: CSV, Excel, NDJSON, JSON or Parquet, gzipped or not; or a data set's id or name")
    .requiredOption("-t, --target <column>", "column of the labels")
    .option("-f, --features <columns>", "columns to predict the labels from (default: all others)", namesOf)
    .addOption(
      new Option("--task <task>", "needed if labels are numbers").choices([
        "binary_classification",
        "multiclass_classification",
      ]),
    )
    .option(
      "--repeats <count>",
      "how often the rows are cut into folds (default: depends on the size of the table)",
      wholeNumber(1, 10),
    )
    .option("--seed <number>", "seed of everything random", wholeNumber(0));
  addReadingOptions(auditing)
    .addHelpText("after", examples("trainyard audit iris.csv --target species", "trainyard audit penguins --target sex --json"))
    .action(async (data: string, options: AuditOptions) => {
      process.exitCode = await audit(context, data, options);
    });
};

async function audit(context: Context, data: string, options: AuditOptions): Promise<number> {
  const table = (await namesDataset(data)) ? null : await openTable(data, context.input);
  return withServer(context, async ({ client }) => {
    const dataset = table ? await uploadTable(context, client, table, readingOf(options)) : await findDataset(client, data);
    const { target, features, task, repeats, seed } = options;
    const job = await client.audit(dataset.id, {
      target,
      ...(features && { features: [...features] }),
      ...(task && { task }),
      ...(repeats !== undefined && { repeats }),
      ...(seed !== undefined && { seed }),
    });
    printNotes(context, job.notes);
    return followJob(context, client, job, { detached: howToReturn });
  });
}
