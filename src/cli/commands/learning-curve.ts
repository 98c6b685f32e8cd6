/** `trainyard learning-curve`: whether more data would help, by training a model again on growing parts of its rows. */
import { type Context, examples, type Register } from "../context.ts";
import { followJob, howToReturn } from "../follow.ts";
import { wholeNumber } from "../values.ts";

interface Options {
  readonly sizes?: number;
  readonly repeats?: number;
}

export const registerLearningCurve: Register = (program, context) => {
  program
    .command("learning-curve")
    .description("say whether more data would help, by training the network again on growing parts of its training rows")
    .argument("<model>", "id, name (its newest version), name@version or name@alias")
    .option("--sizes <count>", "how many different numbers of rows to train on, 5 to 13 (default: 7)", wholeNumber(5))
    .option("--repeats <count>", "trainings on each, 8 to 30 (default: 8)", wholeNumber(8))
    .addHelpText("after", examples("trainyard learning-curve penguins", "trainyard learning-curve penguins@2 --repeats 20"))
    .action(async (model: string, options: Options) => {
      process.exitCode = await learningCurve(context, model, options);
    });
};

async function learningCurve(context: Context, ref: string, { sizes, repeats }: Options): Promise<number> {
  const client = context.client();
  const job = await client.learningCurve(ref, {
    ...(sizes !== undefined && { sizes }),
    ...(repeats !== undefined && { repeats }),
  });
  return followJob(context, client, job, { detached: howToReturn });
}
