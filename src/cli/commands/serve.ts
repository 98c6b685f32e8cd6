/** `trainyard serve`: the server, in a process of its own with the flags that it needs, in place of this one. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { examples, type Register } from "../context.ts";
import { SERVER_FLAGS, SERVER_MAIN } from "../server-process.ts";

/** What builds the page in a clone. An installed package has the page, and no such script. */
const BUILD_DASHBOARD = join(fileURLToPath(new URL("../../..", import.meta.url)), "scripts/build-dashboard.ts");

interface Options {
  readonly port?: string;
  readonly host?: string;
  readonly dataDir?: string;
  readonly workers?: string;
}

export const registerServe: Register = (program, context) => {
  program
    .command("serve")
    .description("start a server; the environment sets everything else (see docs/configuration.md)")
    .option("-p, --port <port>", "port to listen on; 0 takes a free one")
    .option("--host <host>", "address to listen on")
    .option("-d, --data-dir <directory>", "where the database is")
    .option("--workers <count>", "jobs that train at the same time")
    .addHelpText("after", examples("trainyard serve", "trainyard serve --port 9000 --data-dir /var/lib/trainyard"))
    .action(async (options: Options) => {
      buildDashboard();
      const given = {
        TRAINYARD_PORT: options.port,
        TRAINYARD_HOST: options.host,
        TRAINYARD_DATA_DIR: options.dataDir,
        TRAINYARD_WORKERS: options.workers,
      };
      process.exitCode = await runServer({ ...context.environment, ...definedOf(given) });
    });
};

/** Builds the page where its sources have changed. It says itself what went wrong; the API works without a page. */
function buildDashboard(): void {
  if (existsSync(BUILD_DASHBOARD)) spawnSync(process.execPath, [BUILD_DASHBOARD], { stdio: ["ignore", "ignore", "inherit"] });
}

function definedOf(values: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Runs the server on this terminal until it ends, and gives its exit code. */
async function runServer(environment: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [...SERVER_FLAGS, SERVER_MAIN], { env: environment, stdio: "inherit" });
  // A terminal sends Ctrl-C to both; a signal to this process alone is passed on. The server takes two at once for one.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  process.once("exit", () => child.kill("SIGTERM"));
  const [code] = await once(child, "exit");
  return (code as number | null) ?? 1;
}
