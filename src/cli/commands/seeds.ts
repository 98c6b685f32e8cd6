/** `trainyard seeds`: how much a model's score depends on its seed, by training its network again with others. */
import { type Context, examples, type Register } from "../context.ts";
import { followJob, howToReturn } from "../follow.ts";
import { wholeNumber } from "../values.ts";

export const registerSeeds: Register = (program, context) => {
  program
    .command("seeds")
    .description("say how much of a score is due to its seed, by training the network again with other seeds on the same rows")
    .argument("<model>", "id, name (its newest version), name@version or name@alias")
    .option("-n, --seeds <count>", "how many other seeds, 5 to 100 (default: 10)", wholeNumber(5, 100))
    .addHelpText("after", examples("trainyard seeds iris", "trainyard seeds iris@1 --seeds 30"))
    .action(async (model: string, { seeds }: { readonly seeds?: number }) => {
      process.exitCode = await ask(context, model, seeds);
    });
};

async function ask(context: Context, ref: string, seeds: number | undefined): Promise<number> {
  const client = context.client();
  return followJob(context, client, await client.seeds(ref, seeds === undefined ? {} : { seeds }), { detached: howToReturn });
}
