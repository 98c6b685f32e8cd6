/** `trainyard models`: the newest models, or the versions of a name. */
import type { Model } from "../../client/index.ts";
import { examples, type Register } from "../context.ts";
import { headline, localTime } from "../figures.ts";
import { table } from "../terminal.ts";
import { wholeNumber } from "../values.ts";

export const registerModels: Register = (program, context) => {
  program
    .command("models")
    .description("list models, newest first")
    .argument("[name]", "only versions of this name")
    .option("-l, --limit <count>", "how many", wholeNumber(1, 200), 20)
    .addHelpText("after", examples("trainyard models", "trainyard models iris", "trainyard models --json"))
    .action(async (name: string | undefined, { limit }: { limit: number }) => {
      const client = context.client();
      const page = await (name === undefined ? client.models({ limit }) : client.versions(name, { limit }));
      const rows = page.data.map(rowOf);
      const head = ["model", "id", "task", "parameters", "result", "aliases", "created"];
      context.show(page, () => (rows.length === 0 ? ["No models."] : table([head, ...rows], context.out)));
    });
};

function rowOf(model: Model): string[] {
  const { id, name, version, task, parameters, aliases, created_at: at } = model;
  return [`${name}@${version}`, id, task, String(parameters), headline(model), aliases.join(", "), localTime(at)];
}
