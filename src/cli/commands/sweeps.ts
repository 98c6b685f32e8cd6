/** `trainyard sweeps`: the newest sweeps as a table; shows, follows and changes one, and makes a job of one of its trials. */
import { Option } from "commander";
import type { Client, Sweep } from "../../client/index.ts";
import { SWEEP_STATES } from "../../client/sweeps.ts";
import { examples, type Register } from "../context.ts";
import { duration, labelLines, localTime, significant, timeText } from "../figures.ts";
import { followSweep, resultLines } from "../follow-sweep.ts";
import { findSweep, idText } from "../references.ts";
import { moreRows, type Terminal, table } from "../terminal.ts";
import { labelChanges, type TagArguments, tagsOf, wholeNumber } from "../values.ts";

interface Options {
  readonly state?: Sweep["state"];
  readonly name?: string;
  readonly limit: number;
}

const SWEEP = ["<sweep>", "id, or name (its newest sweep)"] as const;

export const registerSweeps: Register = (program, context) => {
  const sweeps = program
    .command("sweeps")
    .description("list sweeps, newest first, or show, follow or change one")
    .addOption(new Option("-s, --state <state>", "only sweeps in this state").choices(SWEEP_STATES))
    .option("-n, --name <name>", "only sweeps with this name")
    .option("-l, --limit <count>", "how many", wholeNumber(1, 200), 20)
    .addHelpText("after", examples("trainyard sweeps", "trainyard sweeps --state running", "trainyard sweeps show moons"))
    .action(async (options: Options) => {
      const page = await context.client().sweeps(options);
      context.show(page, () => {
        if (page.data.length === 0) return ["No sweeps."];
        const more = moreRows(page, "trainyard sweeps", options.limit, context.out);
        return [...table(rowsOf(page.data, context.out), context.out), ...more];
      });
    });
  sweeps
    .command("show")
    .description("show a sweep: its state, its best trials, and which parameters matter")
    .argument(...SWEEP)
    .addHelpText("after", examples("trainyard sweeps show moons"))
    .action(async (reference: string) => {
      const client = context.client();
      const sweep = await findSweep(client, reference);
      const lines = context.json
        ? []
        : [...headLines(sweep, context.out), ...(await resultLines(client, sweep, client.job, context.out))];
      context.show(sweep, () => lines);
    });
  sweeps
    .command("watch")
    .description("follow a sweep to its end; Ctrl-C stops following, not the sweep")
    .argument(...SWEEP)
    .addHelpText("after", examples("trainyard sweeps watch moons"))
    .action(async (reference: string) => {
      const client = context.client();
      process.exitCode = await followSweep(context, client, await findSweep(client, reference));
    });
  for (const { name, description, apply } of CHANGES)
    sweeps
      .command(name)
      .description(description)
      .argument("<sweeps...>", "ids, or names (the newest sweep of each)")
      .addHelpText("after", examples(`trainyard sweeps ${name} moons`))
      .action(async (references: string[]) => {
        const client = context.client();
        for (const reference of references) {
          const sweep = await apply(client, (await findSweep(client, reference)).id);
          context.show(sweep, () => [`${idText(sweep.id, context.out)}  ${sweep.name}  ${sweep.state}`]);
        }
      });
  sweeps
    .command("tag")
    .description("set tags of a sweep, such as team=a; team= removes one; --note sets its note")
    .argument(...SWEEP)
    .argument("[tags...]", "name=value", tagsOf, {})
    .option("--note <text>", "a note; empty removes it")
    .addHelpText("after", examples("trainyard sweeps tag moons team=a draft="))
    .action(async (reference: string, tags: TagArguments, { note }: { readonly note?: string }) => {
      const changes = labelChanges(tags, note);
      const client = context.client();
      const sweep = await client.labelSweep((await findSweep(client, reference)).id, changes);
      context.show(sweep, () => [`${idText(sweep.id, context.out)}  ${sweep.name}`, ...labelLines(sweep)]);
    });
  sweeps
    .command("rm")
    .description("delete a sweep that has ended, with its trials; its jobs and models stay")
    .argument(...SWEEP)
    .addHelpText("after", examples("trainyard sweeps rm moons"))
    .action(async (reference: string) => {
      const client = context.client();
      const { id, name } = await findSweep(client, reference);
      await client.removeSweep(id);
      context.show({ id }, () => [`Deleted ${name} (${id}).`]);
    });
  sweeps
    .command("promote")
    .description("turn a trial into a job, whose model has the trial's weights; with folds it is trained on all rows")
    .argument(...SWEEP)
    .argument("<trial>", "number of the trial", wholeNumber(0))
    .addHelpText("after", examples("trainyard sweeps promote moons 17"))
    .action(async (reference: string, trial: number) => {
      const client = context.client();
      const job = await client.promoteTrial((await findSweep(client, reference)).id, trial);
      context.show(job, () => [`${job.id}  ${job.name}  ${job.state}`, `Watch it with: trainyard watch ${job.id}`]);
    });
};

interface Change {
  readonly name: string;
  readonly description: string;
  readonly apply: (client: Client, id: string) => Promise<Sweep>;
}

const CHANGES: readonly Change[] = [
  { name: "cancel", description: "end sweeps for good; their trials stay", apply: (client, id) => client.cancelSweep(id) },
  { name: "pause", description: "free the threads of sweeps", apply: (client, id) => client.pauseSweep(id) },
  {
    name: "resume",
    description: "queue paused sweeps again: they continue at their first trial without a result",
    apply: (client, id) => client.resumeSweep(id),
  },
];

function headLines(sweep: Sweep, terminal: Terminal): string[] {
  const { id, name, state, progress, created_at: created } = sweep;
  const { bold, dim } = terminal.paint;
  const head = `${bold(name)}  ${state}, ${progress.done}/${progress.total} trials, ${localTime(created)}`;
  return [head, dim(id), ...labelLines(sweep)];
}

function rowsOf(sweeps: readonly Sweep[], terminal: Terminal): string[][] {
  const head = ["sweep", "id", "state", "trials", "best", "left", "created"];
  return [head, ...sweeps.map((sweep) => rowOf(sweep, terminal))];
}

function rowOf(sweep: Sweep, terminal: Terminal): string[] {
  const { id, name, state, progress, spec, eta_s: eta, created_at: created } = sweep;
  const { done, total, best } = progress;
  return [
    name,
    idText(id, terminal),
    state,
    `${done}/${total}`,
    best ? `${spec.objective.metric} ${significant(best.value)}` : "",
    eta === null || state !== "running" ? "" : duration(eta),
    timeText(created, terminal),
  ];
}
