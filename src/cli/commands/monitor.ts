/** `trainyard monitor`: how the rows that a model predicts compare with its training rows. */
import { lastTryText, type WebhookDelivery } from "../../client/monitoring/deliveries.ts";
import {
  fallenScoreText,
  liveScoreText,
  type MonitoringReport,
  monitoringSentence,
} from "../../client/monitoring/monitoring.ts";
import { type Context, examples, type Register } from "../context.ts";
import { percent, significant, timeText } from "../figures.ts";
import { sparkline, table } from "../terminal.ts";
import { numberFrom, wholeNumber } from "../values.ts";

interface MonitorCommand {
  readonly webhook?: string | false;
  readonly on?: true;
  readonly off?: true;
  readonly sample?: number | false;
  readonly rows?: number;
  readonly scoreDrop?: number | false;
}

export const registerMonitor: Register = (program, context) => {
  program
    .command("monitor")
    .description(
      "compare the rows that a model predicts with its training rows, column by column; or change how it is monitored",
    )
    .argument("<model>", "id, name (its newest version), name@version or name@alias")
    .option("--webhook <url>", "send drift alerts to this URL, signed")
    .option("--no-webhook", "send no drift alerts")
    .option("--on", "count the rows that it predicts")
    .option("--off", "count nothing")
    .option("--sample <rows>", "keep a sample of the predicted rows: this many of the newest", wholeNumber(1))
    .option("--no-sample", "keep no rows, and delete the sample")
    .option("--rows [count]", "show rows of the sample, newest first", wholeNumber(1, 100))
    .option("--score-drop <share>", "alert when the live score is this far below the evaluation (default: 0.05)", numberFrom(0))
    .option("--no-score-drop", "send no alerts on the live score")
    .addHelpText("after", examples("trainyard monitor iris", "trainyard monitor iris@live --webhook https://example.com/drift"))
    .action((model: string, options: MonitorCommand) => monitor(context, model, options));
};

async function monitor(
  context: Context,
  ref: string,
  { webhook, on, off, sample, rows, scoreDrop }: MonitorCommand,
): Promise<void> {
  const client = context.client();
  const enabled = on ? true : off ? false : undefined;
  // Commander sets a --no-option to true when it is absent.
  const isAsked = typeof webhook === "string" || webhook === false;
  const samples = typeof sample === "number" || sample === false;
  const drops = typeof scoreDrop === "number" || scoreDrop === false;
  if (enabled !== undefined || isAsked || samples || drops)
    await client.configureMonitoring(ref, {
      ...(enabled !== undefined && { enabled }),
      ...(isAsked && { webhook: webhook ? { url: webhook } : null }),
      ...(samples && { sample: sample ? { rows: sample } : null }),
      ...(drops && { score_drop: scoreDrop === false ? null : scoreDrop }),
    });
  if (rows !== undefined) return showRows(context, ref, typeof rows === "number" ? rows : SHOWN_ROWS);
  const report = await client.monitoring(ref);
  const { data: sent } = await client.modelWebhookDeliveries(ref, { limit: SENT });
  context.show({ ...report, webhook_deliveries: sent }, () => [
    ...linesOf(report, context),
    ...sentLines(report, sent, context),
  ]);
}

/** Every column is drawn on the scale of the page: 0.25 is a large change. */
const PSI_SCALE = { from: 0, to: 0.25 };

/** Messages shown, and rows shown by default. */
const SENT = 5;
const SHOWN_ROWS = 20;

async function showRows(context: Context, ref: string, limit: number): Promise<void> {
  const page = await context.client().askedRows(ref, { limit });
  context.show(page, () => {
    if (page.data.length === 0) return ["No rows are kept; keep some with: trainyard monitor MODEL --sample 100"];
    const rows = page.data.map(({ asked_at, answer, row }) => [
      ...[timeText(asked_at, context.out), typeof answer === "number" ? significant(answer) : answer],
      JSON.stringify(row),
    ]);
    return table([["asked", "answer", "row"], ...rows], context.out);
  });
}

function sentLines({ webhook }: MonitoringReport, sent: readonly WebhookDelivery[], { out }: Context): string[] {
  if (webhook === null && sent.length === 0) return [];
  const lines = sent.map((each) => {
    // Sent to an earlier webhook.
    const to = each.url === webhook ? "" : `  ${each.url}`;
    const line = `${timeText(each.created_at, out)}  ${each.state}: ${lastTryText(each)}${to}`;
    return out.live ? out.fit(line) : line;
  });
  const address = `Webhook ${webhook ?? "none"}`;
  return ["", out.live ? out.fit(address) : address, ...(lines.length > 0 ? lines : ["nothing has been sent yet"])];
}

function linesOf(report: MonitoringReport, { out }: Context): string[] {
  const { model, rows, windows, columns, feedback } = report;
  const score = liveScoreText(feedback, significant);
  const fallen = fallenScoreText(report, significant);
  const head = ["column", "PSI", "over windows", "p-value", "missing", "unseen", ""];
  const cells = columns.map(({ name, role, psi, p_value, missing, unseen, drifted }, index) => [
    role === "answer" ? `answer: ${name}` : name,
    psi === null ? "" : psi.toFixed(3),
    sparkline(
      windows.toReversed().flatMap((window) => window.psi[index] ?? []),
      PSI_SCALE,
    ),
    p_value === null ? "" : p_value.toPrecision(2),
    missing.window === null ? "" : percent(missing.window),
    unseen === null ? "" : percent(unseen),
    drifted ? "drifted" : "",
  ]);
  return [
    `${model.name} v${model.version}: ${monitoringSentence(report)}.`,
    `${rows} rows in ${windows[0]?.number ?? 0} ${windows[0]?.number === 1 ? "window" : "windows"}${score === null ? "" : `; ${score}`}.`,
    ...(fallen === null ? [] : [`${fallen}.`]),
    ...(windows.length > 0 ? ["", ...table([head, ...cells], out)] : []),
  ];
}
