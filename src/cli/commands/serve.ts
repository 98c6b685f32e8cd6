/** `trainyard serve`: runs the server in a separate process with the flags that it needs. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { examples, type Register } from "../context.ts";
import { pathOfProgram, SERVER_ENVIRONMENT, SERVER_FLAGS } from "../server-process.ts";

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
      const given = {
        TRAINYARD_PORT: options.port,
        TRAINYARD_HOST: options.host,
        TRAINYARD_DATA_DIR: options.dataDir,
        TRAINYARD_WORKERS: options.workers,
      };
      process.exitCode = await runServer({ ...context.environment, ...definedOf(given) });
    });
};

function definedOf(values: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Runs the server on this terminal until it ends, and returns its exit code. */
async function runServer(environment: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [...SERVER_FLAGS, pathOfProgram("main")], {
    env: { ...SERVER_ENVIRONMENT, ...environment },
    stdio: "inherit",
  });
  // A terminal sends Ctrl-C to both; a signal to this process alone is passed on. The server counts two at once as one.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  process.once("exit", () => child.kill("SIGTERM"));
  const [code] = await once(child, "exit");
  return (code as number | null) ?? 1;
}
