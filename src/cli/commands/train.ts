/** `trainyard train`: a job from a spec, or from a table and the name of its target; without a server it brings one. */
import type { Client, Dataset, Job, Note } from "../../client/index.ts";
import { type Context, examples, type Register } from "../context.ts";
import { dataDirectoryOf, withServer } from "../embedded.ts";
import { EXIT, usageError } from "../exit.ts";
import { comeBack, followJob } from "../follow.ts";
import { readSpec, specOf, type TrainOptions } from "../spec-file.ts";
import { openTable, type TableFile } from "../table-file.ts";
import { namesOf, numberFrom, wholeNumber } from "../values.ts";

export const registerTrain: Register = (program, context) => {
  program
    .command("train")
    .description("train a model; starts a server for it where none answers")
    .argument("[spec]", "file with a job spec as JSON; - is stdin")
    .option("-d, --data <file>", "table to train on: CSV, NDJSON, JSON or Parquet, gzipped or not; or a data set, ds_...")
    .option("-t, --target <columns>", "column to predict; several between commas", namesOf)
    .option("-f, --features <columns>", "columns to predict from; all others when left out", namesOf)
    .option("-n, --name <name>", "of the job and its model")
    .option("--hidden <units>", "units of the hidden layers between commas; 0 for none", "16")
    .option("-e, --epochs <count>", "times through the data", wholeNumber(1))
    .option("--lr <rate>", "learning rate of Adam", numberFrom(0))
    .option("-b, --batch-size <rows>", "rows a step", wholeNumber(1))
    .option("--seed <number>", "of everything random", wholeNumber(0))
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
  if (path === undefined && options.data === undefined) throw usageError("say what to train: a spec, or --data and --target");
  if (path === undefined && options.target === undefined) throw usageError("say which column to predict: --target");
  // Mistakes in files should not wait for a server.
  const written = path === undefined ? null : await readSpec(path, context.input);
  const { data } = options;
  const table = data === undefined || data.startsWith("ds_") ? null : await openTable(data, context.input);
  return withServer(context, async ({ client, isEmbedded }) => {
    const stored = data?.startsWith("ds_") ? await client.dataset(data) : null;
    const dataset = table ? await upload(context, client, table) : stored;
    const job = await client.submit(specOf(written, dataset, options));
    printNotes(context, job.notes);
    // A server that ends with this command has to be waited for.
    if (isEmbedded) return followJob(context, client, job, { detached: stopped(context), next: whereItIs(context) });
    if (options.watch) return followJob(context, client, job, { detached: comeBack, next: howToPredict });
    context.show(job, () => [`${job.id}  ${job.name}  ${job.state}`, `Watch it with: trainyard watch ${job.id}`]);
    return EXIT.done;
  });
}

/** Bytes that are there are not stored twice. */
async function upload({ err }: Context, client: Client, { name, format, body }: TableFile): Promise<Dataset> {
  const dataset = await client.upload(body, { name, format });
  err.print(err.paint.dim(`${dataset.name}: ${dataset.rows} rows, ${dataset.column_count} columns (${dataset.id})`));
  return dataset;
}

/** Prints what was noted on the data, each with its cure, apart from the result. */
function printNotes({ err }: Context, notes: readonly Note[]): void {
  for (const { detail, cure } of notes) err.print(`${err.paint.yellow("note")}  ${detail} ${err.paint.dim(`(${cure})`)}`);
}

const stopped =
  (context: Context) =>
  ({ name }: Job): readonly string[] => [
    `Stopped; ${name} is in ${dataDirectoryOf(context)}, and goes on with: trainyard serve`,
  ];

function howToPredict({ model }: Job): readonly string[] {
  return model ? [`  predict with: trainyard predict ${model.name} rows.csv`] : [];
}

const whereItIs =
  (context: Context) =>
  (job: Job): readonly string[] => [
    ...(job.model ? [`  It is in ${dataDirectoryOf(context)}: start a server there with trainyard serve, then`] : []),
    ...howToPredict(job),
  ];
