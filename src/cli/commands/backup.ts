/** `trainyard backup` and `trainyard restore`: the whole database as a file, while the server runs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openAsBlob } from "node:fs";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { Client, Restoration } from "../../client/index.ts";
import { type Context, examples, type Register } from "../context.ts";
import { CliError } from "../exit.ts";
import { assertFile, writeOutput } from "../files.ts";
import { type Environment, pathOfProgram } from "../server-process.ts";

/** How long a restored server may take to become ready. */
const READY_MS = 60_000;
const POLL_MS = 20;
/** A server that stays ready for this long has restarted between two polls. */
const STEADY_MS = 10_000;

export const registerBackup: Register = (program, context) => {
  program
    .command("backup")
    .description("copy the server's whole database to a file, while it runs")
    .argument("<file>", "file to write; - is stdout")
    .addHelpText("after", examples("trainyard backup trainyard.backup.db", "trainyard backup - | gzip > backup.db.gz"))
    .action(async (file: string) => {
      const bytes = await writeOutput(await context.client().backUp(), file, process.stdout);
      if (file === "-") return;
      context.show({ file, bytes }, () => [`${file}  ${bytes.toLocaleString("en")} bytes`]);
    });
  program
    .command("restore")
    .description("put a backup in place of the server's database; the server restarts with it")
    .argument("<file>", "a backup")
    .option("-d, --data-dir <directory>", "data directory of a stopped server, whose next start restores it")
    .addHelpText(
      "after",
      examples("trainyard restore trainyard.backup.db", "trainyard restore trainyard.backup.db --data-dir /var/lib/trainyard"),
    )
    .action(async (file: string, { dataDir }: { dataDir?: string }) => {
      await assertFile(file, "a backup");
      const restored = dataDir === undefined ? await restore(context, file) : await stageIn(dataDir, file, context.environment);
      const when = dataDir === undefined ? "restored; the server is ready" : "staged: the next start restores it";
      context.show(restored, () => [`${file}  ${restored.bytes.toLocaleString("en")} bytes, ${when}`]);
    });
};

async function restore(context: Context, file: string): Promise<Restoration> {
  const client = context.client();
  const restored = await client.restore(await openAsBlob(file));
  await untilReady(client);
  return restored;
}

/** The server drains, stops listening and restarts: it is ready once it was away and answers again. */
async function untilReady(client: Client): Promise<void> {
  let wasAway = false;
  const startedAt = performance.now();
  for (; performance.now() - startedAt < READY_MS; await delay(POLL_MS)) {
    const isReady = await client.ready().then(
      () => true,
      () => false,
    );
    if (isReady && (wasAway || performance.now() - startedAt > STEADY_MS)) return;
    wasAway ||= !isReady;
  }
  throw new CliError("the backup was restored, but the server did not become ready within a minute; see its log");
}

async function stageIn(dataDir: string, file: string, environment: Environment): Promise<Restoration> {
  const child = spawn(process.execPath, [pathOfProgram("stage-backup"), file], {
    env: { ...environment, TRAINYARD_DATA_DIR: dataDir },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [answer, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  if (code !== 0) throw new CliError(complaint.replace(/^trainyard: /, "").trim());
  return JSON.parse(answer) as Restoration;
}
