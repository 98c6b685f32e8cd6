/** `trainyard jobs`: the newest jobs as a table, or one of them with the notes on its data. */
import { Option } from "commander";
import { JOB_STATES, type Job, type JobState } from "../../client/index.ts";
import { examples, type Register } from "../context.ts";
import { duration, headline, labelLines, localTime, timeText } from "../figures.ts";
import { divergenceLines } from "../follow.ts";
import { printNotes } from "../notes.ts";
import { findJob, idText } from "../references.ts";
import { type Colour, moreRows, type Terminal, table } from "../terminal.ts";
import { labelChanges, type TagArguments, tagsOf, wholeNumber } from "../values.ts";

interface Options {
  readonly state?: JobState;
  readonly name?: string;
  readonly filter?: string;
  readonly orderBy?: string;
  readonly limit: number;
}

export const registerJobs: Register = (program, context) => {
  const jobs = program
    .command("jobs")
    .description("list jobs, newest first, or show one")
    .addOption(new Option("-s, --state <state>", "only jobs in this state").choices(JOB_STATES))
    .option("-n, --name <name>", "only jobs with this name")
    .option(
      "-f, --filter <conditions>",
      "only jobs that meet these conditions, such as 'metrics.val_loss < 0.3 and tags.team = \"a\"'",
    )
    .option(
      "-o, --order-by <field>",
      "created_at, a metric or a parameter, such as metrics.val_loss; with - before it, greatest first",
    )
    .option("-l, --limit <count>", "how many", wholeNumber(1, 200), 20)
    .addHelpText(
      "after",
      examples(
        "trainyard jobs",
        "trainyard jobs --state running",
        `trainyard jobs --filter 'tags.team = "a" and params."/optimizer/lr" > 0.01'`,
        "trainyard jobs --order-by=-metrics.val_accuracy",
        "trainyard jobs tag penguins team=a",
        "trainyard jobs show penguins",
      ),
    )
    .action(async (options: Options) => {
      const page = await context.client().jobs(options);
      context.show(page, () => {
        if (page.data.length === 0) return ["No jobs."];
        const more = moreRows(page, "trainyard jobs", options.limit, context.out);
        return [...table(rowsOf(page.data, context.out), context.out), ...more];
      });
    });
  jobs
    .command("show")
    .description("show a job: its state, result and model, and the notes on its data")
    .argument("<job>", "id, or name (its newest job)")
    .addHelpText("after", examples("trainyard jobs show penguins"))
    .action(async (reference: string) => {
      const client = context.client();
      // A list has no notes.
      const job = await client.job((await findJob(client, reference)).id);
      context.show(job, () => describe(job, context.out));
      printNotes(context, job.notes ?? []);
    });
  jobs
    .command("tag")
    .description("set tags of a job, such as team=a; team= removes one; --note sets its note")
    .argument("<job>", "id, or name (its newest job)")
    .argument("[tags...]", "name=value", tagsOf, {})
    .option("--note <text>", "a note; empty removes it")
    .addHelpText(
      "after",
      examples("trainyard jobs tag penguins team=a draft=", 'trainyard jobs tag penguins --note "The baseline."'),
    )
    .action(async (reference: string, tags: TagArguments, { note }: { readonly note?: string }) => {
      const changes = labelChanges(tags, note);
      const client = context.client();
      const job = await client.label((await findJob(client, reference)).id, changes);
      context.show(job, () => [`${idText(job.id, context.out)}  ${job.name}`, ...labelLines(job)]);
    });
};

function describe(job: Job, terminal: Terminal): string[] {
  const { name, state, spec, epochs_done: done, created_at: created, model, error } = job;
  const result = headline(job);
  return [
    `${terminal.paint.bold(name)}  ${paintState(state, terminal)}, ${done}/${spec.epochs} epochs, ${localTime(created)}`,
    terminal.paint.dim(job.id),
    ...(error ? [`${error.code}  ${error.detail}`, ...divergenceLines(error, terminal)] : []),
    ...(result === "" ? [] : [result]),
    ...labelLines(job),
    ...(model ? [`${model.name}@${model.version}  ${model.id}`] : []),
  ];
}

const COLOURS: Partial<Record<JobState, Colour>> = { running: "cyan", succeeded: "green", failed: "red", paused: "yellow" };

/** Returns a state in its colour. */
function paintState(state: JobState, { paint }: Terminal): string {
  const colour = COLOURS[state];
  return colour ? paint[colour](state) : state;
}

function rowsOf(jobs: readonly Job[], terminal: Terminal): string[][] {
  const head = ["job", "id", "state", "epochs", "result", "left", "created"];
  return [head, ...jobs.map((job) => rowOf(job, terminal))];
}

function rowOf(job: Job, terminal: Terminal): string[] {
  const { id, name, state, epochs_done: done, spec, eta_s: eta, created_at: created } = job;
  const left = eta === null ? "" : duration(eta);
  return [
    name,
    idText(id, terminal),
    paintState(state, terminal),
    `${done}/${spec.epochs}`,
    headline(job),
    left,
    timeText(created, terminal),
  ];
}
