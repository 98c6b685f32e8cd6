/** `trainyard doctor`: checks everything that a server needs, and says what is wrong and how to fix it. */
import { availableParallelism } from "node:os";
import { DEFAULTS } from "../../server/defaults.ts";
import { CHECKS, type Finding } from "../checks.ts";
import { type Context, examples, type Register } from "../context.ts";
import { dataDirectoryOf } from "../embedded.ts";
import { EXIT } from "../exit.ts";

export const registerDoctor: Register = (program, context) => {
  program
    .command("doctor")
    .description("check Node, SIMD, port, disk and database; exits with 1 if something is wrong")
    .addHelpText("after", examples("trainyard doctor", "trainyard doctor --json"))
    .action(async () => {
      process.exitCode = await examine(context);
    });
};

async function examine(context: Context): Promise<number> {
  const { environment, url } = context;
  const surroundings = {
    client: context.client(),
    url,
    host: environment.TRAINYARD_HOST || DEFAULTS.host,
    port: Number(environment.TRAINYARD_PORT || DEFAULTS.port),
    dataDir: dataDirectoryOf(context),
    connections: Number(environment.TRAINYARD_MAX_CONNECTIONS || DEFAULTS.connections),
    workers: Number(environment.TRAINYARD_WORKERS || availableParallelism()),
    databaseUrl: environment.TRAINYARD_DATABASE_URL ?? "",
    memory: {
      trainingBytes: environment.TRAINYARD_MEMORY_BYTES ? Number(environment.TRAINYARD_MEMORY_BYTES) : null,
      bodyBytes: Number(environment.TRAINYARD_MAX_BODY_BYTES || DEFAULTS.bodyBytes),
      datasetMemoryBytes: Number(environment.TRAINYARD_MAX_DATASET_MEMORY_BYTES || DEFAULTS.datasetMemoryBytes),
    },
  };
  const findings: Finding[] = [];
  for (const check of CHECKS) {
    const finding = await check(surroundings);
    findings.push(finding);
    if (!context.json) for (const line of linesOf(finding, context)) context.out.print(line);
  }
  const isWell = findings.every(({ status }) => status !== "failed");
  if (context.json) context.show({ ok: isWell, checks: findings }, () => []);
  return isWell ? EXIT.done : EXIT.failed;
}

function linesOf({ name, status, detail, cure }: Finding, { out: { paint } }: Context): string[] {
  const signs = { ok: paint.green("✓"), warning: paint.yellow("!"), failed: paint.red("✗") };
  return [`${signs[status]} ${name.padEnd(17)} ${detail}`, ...(cure ? [`  ${" ".repeat(17)} ${paint.dim(cure)}`] : [])];
}
