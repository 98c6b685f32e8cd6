/** `trainyard monitor`: how the rows that a model predicts compare with those of its training. */
import { liveScoreText, type MonitoringReport, monitoringSentence } from "../../client/monitoring/monitoring.ts";
import { type Context, examples, type Register } from "../context.ts";
import { percent, significant } from "../figures.ts";
import { sparkline, table } from "../terminal.ts";

interface MonitorCommand {
  readonly webhook?: string | false;
  readonly on?: true;
  readonly off?: true;
}

export const registerMonitor: Register = (program, context) => {
  program
    .command("monitor")
    .description("compare what a model is asked with its training, column by column; or change how it is monitored")
    .argument("<model>", "id, name (its newest version), name@version or name@alias")
    .option("--webhook <url>", "send drift there, signed")
    .option("--no-webhook", "send drift nowhere")
    .option("--on", "count what it is asked")
    .option("--off", "count nothing")
    .addHelpText("after", examples("trainyard monitor iris", "trainyard monitor iris@live --webhook https://example.com/drift"))
    .action((model: string, options: MonitorCommand) => monitor(context, model, options));
};

async function monitor(context: Context, ref: string, { webhook, on, off }: MonitorCommand): Promise<void> {
  const client = context.client();
  const enabled = on ? true : off ? false : undefined;
  // Commander sets a --no-option to true where nothing is said of it.
  const isAsked = typeof webhook === "string" || webhook === false;
  if (enabled !== undefined || isAsked)
    await client.configureMonitoring(ref, {
      ...(enabled !== undefined && { enabled }),
      ...(isAsked && { webhook: webhook ? { url: webhook } : null }),
    });
  const report = await client.monitoring(ref);
  context.show(report, () => linesOf(report, context));
}

function linesOf(report: MonitoringReport, { out }: Context): string[] {
  const { model, rows, windows, columns, feedback } = report;
  const score = liveScoreText(feedback, significant);
  const head = ["column", "PSI", "over windows", "p-value", "missing", "unseen", ""];
  const cells = columns.map(({ name, role, psi, p_value, missing, unseen, drifted }, index) => [
    role === "answer" ? `answer: ${name}` : name,
    psi === null ? "" : psi.toFixed(3),
    sparkline(windows.toReversed().flatMap((window) => window.psi[index] ?? [])),
    p_value === null ? "" : p_value.toPrecision(2),
    missing.window === null ? "" : percent(missing.window),
    unseen === null ? "" : percent(unseen),
    drifted ? "drifted" : "",
  ]);
  return [
    `${model.name} v${model.version}: ${monitoringSentence(report)}.`,
    `${rows} rows in ${windows[0]?.number ?? 0} windows${score === null ? "" : `; ${score}`}.`,
    ...(windows.length > 0 ? ["", ...table([head, ...cells], out)] : []),
  ];
}
