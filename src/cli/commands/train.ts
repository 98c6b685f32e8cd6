/** `trainyard train`: submits a job from a table and its target, or from a spec; starts a server where none answers. */
import { Option } from "commander";
import type { Job } from "../../client/index.ts";
import { type Context, examples, type Register } from "../context.ts";
import { dataDirectoryOf, withServer } from "../embedded.ts";
import { EXIT, usageError } from "../exit.ts";
import { followJob, howToReturn } from "../follow.ts";
import { followSweep } from "../follow-sweep.ts";
import { printNotes } from "../notes.ts";
import { findDataset } from "../references.ts";
import { readSpec, specOf, type TrainOptions } from "../spec-file.ts";
import {
  addReadingOptions,
  formatOf,
  isNamedAsTable,
  namesDataset,
  openTable,
  type Reading,
  readingOf,
  uploadTable,
} from "../table-file.ts";
import { namesOf, numberFrom, patienceOf, wholeNumber } from "../values.ts";

export const registerTrain: Register = (program, context) => {
  const training = program
    .command("train")
    .description("train the best model for a table, or a given network; starts a server if none answers")
    .argument(
      "[file]",
      "with --target the table to train on: CSV, Excel, NDJSON, JSON or Parquet, gzipped or not, or a data set's id or name; otherwise a job spec as JSON; - is stdin",
    )
    .option("-d, --data <file>", "table to train on, where the file is a job spec")
    .option("--format <format>", "csv, ndjson, json, parquet or xlsx; needed if the table's name does not show it", formatOf)
    .option("-t, --target <columns>", "column to predict; several separated by commas", namesOf)
    .option("-f, --features <columns>", "columns to predict from (default: all others)", namesOf)
    .addOption(
      new Option("-x, --exclude <columns>", "columns to leave out; all others are used")
        .argParser(namesOf)
        .conflicts("features"),
    )
    .addOption(
      new Option("--task <task>", "what to predict: a number or a class (default: detected from the target)").choices([
        "regression",
        "binary_classification",
        "multiclass_classification",
      ]),
    )
    .option("--validation <share>", "share of the rows for validation during training, such as 0.2", numberFrom(0))
    .option("--test <share>", "share of the rows that training never sees, such as 0.2", numberFrom(0))
    .addOption(
      new Option("--group <column>", "column whose rows with the same value stay together when rows are held out").conflicts(
        "time",
      ),
    )
    .option("--time <column>", "column of dates or numbers: the last rows are held out")
    .option(
      "--early-stopping <epochs>",
      "epochs without progress after which training stops; off trains to the last epoch",
      patienceOf,
    )
    .option("-n, --name <name>", "name of the job and its model")
    .option(
      "--trials <count>",
      "candidates of the search for a model (default: as many as take a reasonable time)",
      wholeNumber(1),
    )
    .option("--hidden <units>", "train one network: units of its hidden layers, separated by commas; 0 for none")
    .option("-e, --epochs <count>", "passes over the data", wholeNumber(1))
    .option("--lr <rate>", "learning rate of Adam", numberFrom(0))
    .option("-b, --batch-size <rows>", "rows per step", wholeNumber(1))
    .option("--seed <number>", "seed of everything random", wholeNumber(0))
    .option("--folds <count>", "cross-validate one network: train it once for each fold, then on all rows", wholeNumber(2))
    .option("-w, --watch", "follow the job to its end");
  addReadingOptions(training)
    .addHelpText(
      "after",
      examples(
        "trainyard train iris.csv --target species",
        "trainyard train report.xlsx --sheet Orders --target returned",
        "trainyard train houses.parquet --target price --hidden 64,64 --watch",
        "trainyard train spec.json --watch",
      ),
    )
    .action(async (file: string | undefined, options: TrainOptions & Reading) => {
      process.exitCode = await train(context, file, options);
    });
};

interface Sources {
  /** Path of a job spec. */
  readonly spec: string | undefined;
  /** Path of a table, or a data set's id or name. */
  readonly data: string | undefined;
}

/** What is trained on what. With a target, and without `--data`, the file is the table. Throws a usage error where one is missing. */
function sourcesOf(file: string | undefined, { data, target }: TrainOptions): Sources {
  if (file === undefined && data === undefined)
    throw usageError(
      "nothing to train: give a table and --target, as in trainyard train iris.csv --target species, or a job spec",
    );
  const table = data ?? (file !== undefined && (target || isNamedAsTable(file)) ? file : undefined);
  const spec = table === file ? undefined : file;
  if (table !== undefined && spec === undefined && target === undefined) {
    throw usageError(`${table} needs --target, the column to predict`);
  }
  return { spec, data: table };
}

async function train(context: Context, file: string | undefined, options: TrainOptions & Reading): Promise<number> {
  const { spec: path, data } = sourcesOf(file, options);
  // Files are checked before a server is started.
  const written = path === undefined ? null : await readSpec(path, context.input);
  const isStored = data !== undefined && (await namesDataset(data));
  const table = data === undefined || isStored ? null : await openTable(data, context.input, options.format);
  return withServer(context, async ({ client, isEmbedded }) => {
    const stored = isStored ? await findDataset(client, data) : null;
    const dataset = table ? await uploadTable(context, client, table, readingOf(options)) : stored;
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
