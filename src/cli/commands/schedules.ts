/** `trainyard schedules`: fetch a table repeatedly, and train on new data. */
import type { Schedule, ScheduleRequest, ScheduleRun } from "../../client/index.ts";
import { type Context, examples, type Register } from "../context.ts";
import { timeText } from "../figures.ts";
import { readJson } from "../files.ts";
import { findSchedule, idText } from "../references.ts";
import { moreRows, table } from "../terminal.ts";
import { wholeNumber } from "../values.ts";

/** Interval between polls of a run. */
const POLL_MS = 500;

export const registerSchedules: Register = (program, context) => {
  const schedules = program.command("schedules").description("fetch a table regularly, and train on what is new");
  schedules
    .command("list", { isDefault: true })
    .description("list schedules with the results of their last runs, newest first")
    .option("-l, --limit <count>", "how many", wholeNumber(1, 1000), 20)
    .action(async (query: { limit: number }) => {
      const page = await context.client().schedules(query);
      context.show(page, () => {
        if (page.data.length === 0)
          return ["There are no schedules; create one with: trainyard schedules create schedule.json"];
        const { out } = context;
        const rows = page.data.map((each) => [
          // UTC is not shown: if all are in it, there is no column for it.
          ...[idText(each.id, out), each.name, each.cron, each.timezone === "UTC" && out.live ? "" : each.timezone],
          ...[each.paused ? "paused" : nextText(each.next_at, out), outcome(each.last_run)],
        ]);
        const lines = table([["schedule", "name", "times", "zone", "next", "last run"], ...rows], out);
        return [...lines, ...moreRows(page, "trainyard schedules list", query.limit, out)];
      });
    });
  schedules
    .command("create")
    .description("create a schedule from a JSON file, or from stdin")
    .argument("<file>", "the body of POST /v1/schedules; - for stdin")
    .addHelpText("after", examples("trainyard schedules create nightly.json"))
    .action(async (path: string) => {
      const made = await context
        .client()
        .createSchedule((await readJson(path, "a schedule", context.input)) as ScheduleRequest);
      context.show(made, () => describe(made, context));
    });
  schedules
    .command("show")
    .description("show a schedule and its last runs")
    .argument("<schedule>", "id or name")
    .option("-l, --limit <count>", "how many runs", wholeNumber(1, 1000), 10)
    .action(async (reference: string, query: { limit: number }) => {
      const client = context.client();
      const schedule = await findSchedule(client, reference);
      const runs = await client.scheduleRuns(schedule.id, query);
      context.show({ ...schedule, runs: runs.data }, () => [
        ...describe(schedule, context),
        ...(runs.data.length > 0 ? ["", ...runTable(runs.data, context)] : []),
      ]);
    });
  schedules
    .command("run")
    .description("run a schedule now; --wait waits until the run has ended")
    .argument("<schedule>", "id or name")
    .option("-w, --wait", "wait until it has ended")
    .action(async (reference: string, { wait }: { wait?: boolean }) => {
      const client = context.client();
      const { id } = await findSchedule(client, reference);
      let run = await client.runSchedule(id);
      while (wait && run.finished_at === null) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        const { data } = await client.scheduleRuns(id, { limit: 20 });
        run = data.find((each) => each.id === run.id) ?? run;
      }
      context.show(run, () => runTable([run], context));
      if (run.state === "failed") process.exitCode = 1;
    });
  for (const [name, paused, description] of [
    ["pause", true, "stop running a schedule at its times"],
    ["resume", false, "resume a paused schedule"],
  ] as const)
    schedules
      .command(name)
      .description(description)
      .argument("<schedule>", "id or name")
      .action(async (reference: string) => {
        const client = context.client();
        const changed = await client.changeSchedule((await findSchedule(client, reference)).id, { paused });
        context.show(changed, () => describe(changed, context));
      });
  schedules
    .command("rm")
    .description("delete a schedule with its runs and keys; data sets, jobs and models stay")
    .argument("<schedule>", "id or name")
    .action(async (reference: string) => {
      const client = context.client();
      const { id, name } = await findSchedule(client, reference);
      await client.removeSchedule(id);
      context.show({ id }, () => [`${name} is deleted`]);
    });
};

/** A time to the minute, in UTC, as the API has it. */
const dateText = (time: string | null): string => (time === null ? "-" : `${time.slice(0, 16).replace("T", " ")}Z`);

/** The next time in a list: on a terminal the day, or the time of today. */
const nextText = (time: string | null, out: Context["out"]): string =>
  time !== null && out.live ? timeText(time, out) : dateText(time);

/** The result of a run in a few words. */
function outcome(run: ScheduleRun | null): string {
  if (!run) return "-";
  const { state, model, error, comparison } = run;
  if (state === "failed") return `failed: ${error}`.slice(0, 60);
  const gain = comparison?.gain ?? null;
  const by = gain === null ? (comparison?.reason ?? "") : `${comparison?.metric} ${gain < 0 ? "" : "+"}${gain.toPrecision(3)}`;
  return [state, model ? `${model.name}@${model.version}` : "", by]
    .filter((part) => part !== "")
    .join("  ")
    .slice(0, 80);
}

function runTable(runs: readonly ScheduleRun[], { out }: Context): string[] {
  const rows = runs.map((run) => [idText(run.id, out), timeText(run.created_at, out), outcome(run)]);
  return table([["run", "begun", "outcome"], ...rows], out);
}

function describe(schedule: Schedule, { out }: Context): string[] {
  const { id, name, cron, timezone, paused, next_at: next, source, promote, keep, webhook } = schedule;
  const { url, s3, postgres } = source;
  const from = url ?? postgres?.url ?? `s3://${s3?.bucket}/${s3?.key}`;
  const better = promote?.min_gain === 0 ? "when better" : `when better by ${promote?.min_gain}`;
  const said = [
    `${out.paint.bold(id)}  ${name}`,
    `${cron} (${timezone})  ${paused ? "paused" : `next ${dateText(next)}`}`,
    ...(promote ? [`promotes ${promote.alias} ${better}`] : []),
    ...(keep === null ? [] : [`keeps ${keep} tables`]),
    from,
    ...(webhook ? [`webhook ${webhook.url}`] : []),
  ];
  return said.map((line) => (out.live ? out.fit(line) : line));
}
