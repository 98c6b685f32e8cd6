/** `trainyard models`: the newest models, or the versions of a name. */
import type { Model } from "../../client/index.ts";
import { examples, type Register } from "../context.ts";
import { headline, timeText } from "../figures.ts";
import { idText } from "../references.ts";
import { moreRows, type Terminal, table } from "../terminal.ts";
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
      const rows = page.data.map((model) => rowOf(model, context.out));
      const head = ["model", "id", "result", "aliases", "parameters", "created"];
      const command = `trainyard models${name === undefined ? "" : ` ${name}`}`;
      context.show(page, () => {
        if (rows.length === 0) return ["No models."];
        return [...table([head, ...rows], context.out), ...moreRows(page, command, limit, context.out)];
      });
    });
};

function rowOf(model: Model, terminal: Terminal): string[] {
  const { id, name, version, parameters, aliases, created_at: at } = model;
  const own = `${name}@${version}`;
  return [own, idText(id, terminal), headline(model), aliases.join(", "), String(parameters), timeText(at, terminal)];
}
