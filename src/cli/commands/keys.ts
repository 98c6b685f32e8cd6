/** `trainyard keys`: creates, lists and revokes API keys, and shows the audit log. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { InvalidArgumentError, Option } from "commander";
import type { AuditEntry, CreatedKey, Key, NewKey, Scope } from "../../client/index.ts";
import { examples, type Register } from "../context.ts";
import { CliError } from "../exit.ts";
import { localTime } from "../figures.ts";
import { type Environment, pathOfProgram } from "../server-process.ts";
import { table } from "../terminal.ts";
import { namesOf, wholeNumber } from "../values.ts";

interface CreateOptions {
  readonly scopes: Scope[];
  readonly project?: string;
  readonly days?: number;
  readonly dataDir?: string;
}

const SCOPES: readonly Scope[] = ["read", "submit", "predict", "admin"];
const DAY_MS = 86_400_000;
const MAX_DAYS = 36_500;

export const registerKeys: Register = (program, context) => {
  const keys = program.command("keys").description("create, list and revoke API keys; show what was done with them");
  keys
    .command("create")
    .description("create a key and print it once; the first key closes an open server")
    .argument("<name>", "what it is for")
    .addOption(
      new Option("-s, --scopes <scopes>", `what the key allows, separated by commas: ${SCOPES.join(", ")}`)
        .argParser(scopesOf)
        .default(["read", "submit", "predict"] satisfies Scope[], "read,submit,predict"),
    )
    .option("-p, --project <project>", "project whose records it sees (default: your own)")
    .option("-d, --data-dir <directory>", "create the first key (with the scope admin) in this directory, while no server runs")
    .option("--days <count>", "days until it expires (default: never)", wholeNumber(1, MAX_DAYS))
    .addHelpText(
      "after",
      examples(
        "trainyard keys create me --scopes read,submit,predict,admin",
        "trainyard keys create me --scopes read,submit,predict,admin --data-dir /var/lib/trainyard",
        "trainyard keys create ci --project vision --days 30",
      ),
    )
    .action(async (name: string, { scopes, project, days, dataDir }: CreateOptions) => {
      const wanted = {
        name,
        scopes,
        ...(project === undefined ? {} : { project }),
        ...(days === undefined ? {} : { expires_at: new Date(Date.now() + days * DAY_MS).toISOString() }),
      };
      const created =
        dataDir === undefined
          ? await context.client().createKey(wanted)
          : await createKeyIn(dataDir, wanted, context.environment);
      // A script stores the key, so stdout has nothing else.
      if (!context.json) context.err.print(`${created.id} of the project ${created.project}; the key is shown only once:`);
      context.show(created, () => [created.key]);
    });
  keys
    .command("list")
    .description("list keys, newest first")
    .option("-l, --limit <count>", "how many", wholeNumber(1, 200), 50)
    .action(async (query: { limit: number }) => {
      const page = await context.client().keys(query);
      const head = ["key", "name", "project", "prefix", "scopes", "last used", "state"];
      context.show(page, () => (page.data.length === 0 ? ["No keys."] : table([head, ...page.data.map(rowOf)], context.out)));
    });
  keys
    .command("revoke")
    .description("revoke keys: requests with them are refused from then on")
    .argument("<keys...>", "ids, key_...")
    .action(async (ids: string[]) => {
      const client = context.client();
      for (const id of ids) {
        await client.revokeKey(id);
        context.show({ id, revoked: true }, () => [`${id}  revoked`]);
      }
    });
  keys
    .command("log")
    .description("list who created, changed or deleted what, newest first")
    .option("-k, --key <key>", "only what was done with this key: its id, key_...")
    .option("-o, --operation <name>", "only this operation, such as deleteModel")
    .option("-l, --limit <count>", "how many", wholeNumber(1, 200), 50)
    .addHelpText("after", examples("trainyard keys log", "trainyard keys log --operation deleteModel --json"))
    .action(async (query: { limit: number; key?: string; operation?: string }) => {
      const page = await context.client().auditLog(query);
      const head = ["when", "key", "status", "operation", "path"];
      const rows = page.data.map(entryOf);
      context.show(page, () => (rows.length === 0 ? ["Nothing was changed."] : table([head, ...rows], context.out)));
    });
};

/** Creates a key without a server. Rejects with a CliError that says why it cannot, for example because a server is running. */
async function createKeyIn(dataDir: string, wanted: NewKey, environment: Environment): Promise<CreatedKey> {
  const child = spawn(process.execPath, [pathOfProgram("make-key"), JSON.stringify(wanted)], {
    env: { ...environment, TRAINYARD_DATA_DIR: dataDir },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [answer, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  if (code !== 0) throw new CliError(complaint.replace(/^trainyard: /, "").trim());
  return JSON.parse(answer) as CreatedKey;
}

function scopesOf(text: string): Scope[] {
  const scopes = namesOf(text) as Scope[];
  const unknown = scopes.find((scope) => !SCOPES.includes(scope));
  if (unknown !== undefined) throw new InvalidArgumentError(`${unknown} is not a scope; the scopes are ${SCOPES.join(", ")}.`);
  return scopes;
}

function rowOf(key: Key): string[] {
  const { id, name, project, prefix, scopes, last_used_at: used } = key;
  return [id, name, project, `${prefix}...`, scopes.join(","), used ? localTime(used) : "never", stateOf(key)];
}

function entryOf({ at, key, status, operation, path, made }: AuditEntry): string[] {
  return [localTime(at), key ? (key.name ?? key.id) : "none", String(status), operation, made ?? path];
}

function stateOf({ revoked_at: revoked, expires_at: expires }: Key): string {
  if (revoked) return `revoked ${localTime(revoked)}`;
  if (!expires) return "valid";
  return Date.parse(expires) < Date.now() ? `expired ${localTime(expires)}` : `valid until ${localTime(expires)}`;
}
