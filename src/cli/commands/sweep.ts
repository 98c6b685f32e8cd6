/** `trainyard sweep`: submits a sweep, follows it to its end, and prints the best trials. */
import { type Context, examples, type Register } from "../context.ts";
import { withServer } from "../embedded.ts";
import { EXIT } from "../exit.ts";
import { followSweep } from "../follow-sweep.ts";
import { printNotes } from "../notes.ts";
import { readSpec } from "../spec-file.ts";

export const registerSweep: Register = (program, context) => {
  program
    .command("sweep")
    .description("train many variants of a job, and keep the best; starts a server if none answers")
    .argument("<spec>", "file with the spec of a sweep as JSON; - is stdin")
    .option("--no-watch", "do not follow the sweep to its end")
    .addHelpText("after", examples("trainyard sweep sweep.json", "trainyard sweep sweep.json --no-watch"))
    .action(async (path: string, { watch }: { readonly watch: boolean }) => {
      process.exitCode = await sweep(context, path, watch);
    });
};

async function sweep(context: Context, path: string, watch: boolean): Promise<number> {
  const spec = await readSpec(path, context.input);
  return withServer(context, async ({ client, isEmbedded }) => {
    const submitted = await client.submitSweep(JSON.stringify(spec));
    printNotes(context, submitted.notes);
    // An embedded server ends with this command, so the sweep must end first.
    if (watch || isEmbedded) return followSweep(context, client, submitted);
    const { id, name, state } = submitted;
    context.show(submitted, () => [`${id}  ${name}  ${state}`, `Watch it with: trainyard sweeps watch ${id}`]);
    return EXIT.done;
  });
}
