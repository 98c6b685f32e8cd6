/** `trainyard keys`: make, list and revoke API keys. */
import { InvalidArgumentError, Option } from "commander";
import type { Key, Scope } from "../../client/index.ts";
import { examples, type Register } from "../context.ts";
import { moment } from "../figures.ts";
import { table } from "../terminal.ts";
import { namesOf, wholeNumber } from "../values.ts";

interface CreateOptions {
  readonly scopes: Scope[];
  readonly project?: string;
  readonly days?: number;
}

const SCOPES: readonly Scope[] = ["read", "submit", "predict", "admin"];
const DAY_MS = 86_400_000;
const MAX_DAYS = 36_500;

export const registerKeys: Register = (program, context) => {
  const keys = program.command("keys").description("make, list and revoke API keys");
  keys
    .command("create")
    .description("make a key, and print it this once; the first one closes an open server")
    .argument("<name>", "what it is for")
    .addOption(
      new Option("-s, --scopes <scopes>", `what it allows, between commas: ${SCOPES.join(", ")}`)
        .argParser(scopesOf)
        .default(["read", "submit", "predict"] satisfies Scope[], "read,submit,predict"),
    )
    .option("-p, --project <project>", "whose records it sees; one's own project when left out")
    .option("--days <count>", "how long it is good for; without end when left out", wholeNumber(1, MAX_DAYS))
    .addHelpText(
      "after",
      examples(
        "trainyard keys create me --scopes read,submit,predict,admin",
        "trainyard keys create ci --project vision --days 30",
      ),
    )
    .action(async (name: string, { scopes, project, days }: CreateOptions) => {
      const created = await context.client().createKey({
        name,
        scopes,
        ...(project === undefined ? {} : { project }),
        ...(days === undefined ? {} : { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() }),
      });
      // The key alone is what a script keeps; what is said of it goes beside.
      if (!context.json) context.err.print(`${created.id} of the project ${created.project}. The key is not shown again:`);
      context.show(created, () => [created.key]);
    });
  keys
    .command("list")
    .description("list keys, newest first")
    .option("-l, --limit <count>", "how many", wholeNumber(1, 200), 50)
    .action(async (query: { limit: number }) => {
      const page = await context.client().keys(query);
      const head = ["key", "name", "project", "begins", "scopes", "last used", "state"];
      context.show(page, () => (page.data.length === 0 ? ["No keys."] : table([head, ...page.data.map(rowOf)], context.out)));
    });
  keys
    .command("revoke")
    .description("revoke keys: they are worth nothing from then on")
    .argument("<keys...>", "ids, key_...")
    .action(async (ids: string[]) => {
      const client = context.client();
      for (const id of ids) {
        await client.revokeKey(id);
        context.show({ id, revoked: true }, () => [`${id}  revoked`]);
      }
    });
};

function scopesOf(text: string): Scope[] {
  const scopes = namesOf(text) as Scope[];
  const unknown = scopes.find((scope) => !SCOPES.includes(scope));
  if (unknown !== undefined) throw new InvalidArgumentError(`There is no scope ${unknown}: ${SCOPES.join(", ")}.`);
  return scopes;
}

function rowOf(key: Key): string[] {
  const { id, name, project, prefix, scopes, last_used_at: used } = key;
  return [id, name, project, `${prefix}...`, scopes.join(","), used ? moment(used) : "never", stateOf(key)];
}

function stateOf({ revoked_at: revoked, expires_at: expires }: Key): string {
  if (revoked) return `revoked ${moment(revoked)}`;
  if (!expires) return "good";
  return Date.parse(expires) < Date.now() ? `expired ${moment(expires)}` : `good until ${moment(expires)}`;
}
