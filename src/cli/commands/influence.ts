/** `trainyard influence`: the training rows behind a prediction, found by training the network again without each of them. */
import { InvalidArgumentError } from "commander";
import type { InfluenceRequest } from "../../client/index.ts";
import { type Context, examples, type Register } from "../context.ts";
import { usageError } from "../exit.ts";
import { followJob, howToReturn } from "../follow.ts";
import { wholeNumber } from "../values.ts";

interface Options {
  readonly row: InfluenceRequest["instances"][number];
  readonly actual?: string;
  readonly output?: string;
  readonly sample?: number;
  readonly seed?: number;
  readonly leaveOut?: readonly number[];
}

export const registerInfluence: Register = (program, context) => {
  program
    .command("influence")
    .description("say which training rows made a prediction, by training the network again without each of them")
    .argument("<model>", "id, name (its newest version), name@version or name@alias")
    .requiredOption("-r, --row <json>", "the row to predict: an object by column, or an array", rowOf)
    .option("--actual <value>", "the true value of the row: shows the rows that help and harm the prediction")
    .option("--output <name>", "the class whose probability to follow, or one of several target columns")
    .option("--sample <rows>", "leave out only this many of the training rows", wholeNumber(1))
    .option("--seed <number>", "with --sample: the seed that chooses the rows (default: 0)", wholeNumber(0))
    .option("--leave-out <rows>", "leave out these rows, counted from 1: 3,17", numbersOf)
    .addHelpText(
      "after",
      examples(
        `trainyard influence iris --row '[5.1, 3.5, 1.4, 0.2]'`,
        `trainyard influence penguins --row '{"body_mass_g": 4050}' --actual MALE`,
      ),
    )
    .action(async (model: string, options: Options) => {
      process.exitCode = await influence(context, model, options);
    });
};

async function influence(context: Context, ref: string, options: Options): Promise<number> {
  const { row, actual, output, sample, seed, leaveOut } = options;
  if (sample !== undefined && leaveOut) throw usageError("--sample and --leave-out both choose the rows: use only one of them");
  if (seed !== undefined && sample === undefined) throw usageError("--seed needs --sample");
  const client = context.client();
  const isClass = actual === undefined ? false : (await client.model(ref)).classes.length > 0;
  const rows = leaveOut ? leaveOut.map((number) => number - 1) : sample === undefined ? null : { sample, seed: seed ?? 0 };
  const job = await client.influence(ref, {
    instances: [row],
    ...(actual !== undefined && { actual: [isClass ? actual : valuesOf(actual)] }),
    ...(output !== undefined && { output }),
    ...(rows && { rows }),
  });
  return followJob(context, client, job, { detached: howToReturn });
}

function rowOf(text: string): Options["row"] {
  try {
    const row: unknown = JSON.parse(text);
    if (typeof row === "object" && row !== null) return row as Options["row"];
  } catch {
    // For a text that is not JSON at all, the same error is right.
  }
  throw new InvalidArgumentError(`It must be JSON: an object by column, or an array of values.`);
}

function numbersOf(text: string): number[] {
  return text.split(",").map((number) => wholeNumber(1)(number.trim()));
}

/** The value of a target, or those of several. */
function valuesOf(text: string): number | number[] {
  const values = text.split(",").map((value) => (value.trim() === "" ? Number.NaN : Number(value)));
  if (!values.every(Number.isFinite)) throw usageError(`--actual must be a number of this model, not ${text}`);
  return values.length === 1 ? (values[0] as number) : values;
}
