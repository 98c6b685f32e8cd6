/** `trainyard train`: submits a job from a spec, or from a table and its target; starts a server where none answers. */
import type { Client, Dataset, Job } from "../../client/index.ts";
import { type Context, examples, type Register } from "../context.ts";
import { dataDirectoryOf, withServer } from "../embedded.ts";
import { EXIT, usageError } from "../exit.ts";
import { followJob, howToReturn } from "../follow.ts";
import { printNotes } from "../notes.ts";
import { readSpec, specOf, type TrainOptions } from "../spec-file.ts";
import { formatOf, openTable, type TableFile } from "../table-file.ts";
import { namesOf, numberFrom, wholeNumber } from "../values.ts";
import { followSweep } from "./sweep.ts";

export const registerTrain: Register = (program, context) => {
  program
    .command("train")
    .description("train the best model for a table, or a given one; starts a server for it where none answers")
    .argument("[spec]", "file with a job spec as JSON; - is stdin")
    .option("-d, --data <file>", "table to train on: CSV, NDJSON, JSON or Parquet, gzipped or not; or a data set, ds_...")
    .option("--format <format>", "csv, ndjson, json or parquet; needed where the table's name does not say it", formatOf)
    .option("-t, --target <columns>", "column to predict; several separated by commas", namesOf)
    .option("-f, --features <columns>", "columns to predict from; all others when left out", namesOf)
    .option("-n, --name <name>", "name of the job and its model")
    .option(
      "--trials <count>",
      "candidates of the search for a model; as many as take a fair time when left out",
      wholeNumber(1),
    )
    .option("--hidden <units>", "train one network: units of its hidden layers, separated by commas; 0 for none")
    .option("-e, --epochs <count>", "passes over the data", wholeNumber(1))
    .option("--lr <rate>", "learning rate of Adam", numberFrom(0))
    .option("-b, --batch-size <rows>", "rows per step", wholeNumber(1))
    .option("--seed <number>", "seed of everything random", wholeNumber(0))
    .option("--folds <count>", "cross-validate one network: train it once for each fold, then on all rows", wholeNumber(2))
    .option("-w, --watch", "follow the job to its end")
    .addHelpText(
      "after",
      examples(
        "trainyard train --data iris.csv --target species",
        "trainyard train --data houses.parquet --target price --hidden 64,64 --epochs 500 --watch",
        "trainyard train spec.json --watch",
      ),
    )
    .action(async (path: string | undefined, options: TrainOptions) => {
      process.exitCode = await train(context, path, options);
    });
};

async function train(context: Context, path: string | undefined, options: TrainOptions): Promise<number> {
  if (path === undefined && options.data === undefined)
    throw usageError("nothing to train: give a spec, or --data and --target");
  if (path === undefined && options.target === undefined) throw usageError("--data needs --target, the column to predict");
  // Files are checked before a server is started.
  const written = path === undefined ? null : await readSpec(path, context.input);
  const { data } = options;
  const table = data === undefined || data.startsWith("ds_") ? null : await openTable(data, context.input, options.format);
  return withServer(context, async ({ client, isEmbedded }) => {
    const stored = data?.startsWith("ds_") ? await client.dataset(data) : null;
    const dataset = table ? await upload(context, client, table) : stored;
    const spec = specOf(written, dataset, options);
    if (options.folds !== undefined) {
      const sweep = await client.submitSweep({ job: spec, folds: { count: options.folds } });
      printNotes(context, sweep.notes);
      return followSweep(context, client, sweep);
    }
    const job = await client.submit(spec);
    printNotes(context, job.notes);
    // An embedded server ends with this command, so the job must end first.
    if (isEmbedded) return followJob(context, client, job, { detached: stopped(context), next: whereItIs(context) });
    if (options.watch) return followJob(context, client, job, { detached: howToReturn, next: howToPredict });
    context.show(job, () => [`${job.id}  ${job.name}  ${job.state}`, `Watch it with: trainyard watch ${job.id}`]);
    return EXIT.done;
  });
}

/** Uploads a table; the server stores the same bytes once. */
async function upload(context: Context, client: Client, { name, format, body }: TableFile): Promise<Dataset> {
  const { err } = context;
  const dataset = await client.upload(body, { name, format });
  err.print(err.paint.dim(`${dataset.name}: ${dataset.rows} rows, ${dataset.column_count} columns (${dataset.id})`));
  printNotes(context, dataset.notes);
  return dataset;
}

const stopped =
  (context: Context) =>
  ({ name }: Job): readonly string[] => [
    `Stopped; ${name} is stored in ${dataDirectoryOf(context)} and resumes with: trainyard serve`,
  ];

function howToPredict({ model }: Job): readonly string[] {
  return model ? [`  predict with: trainyard predict ${model.name} rows.csv`] : [];
}

const whereItIs =
  (context: Context) =>
  (job: Job): readonly string[] => [
    ...(job.model
      ? [`  The model is stored in ${dataDirectoryOf(context)}: start a server there with trainyard serve, then`]
      : []),
    ...howToPredict(job),
  ];
