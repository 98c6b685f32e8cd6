/** `trainyard jobs`: the newest jobs as a table. */
import { Option } from "commander";
import { JOB_STATES, type Job, type JobState } from "../../client/index.ts";
import { examples, type Register } from "../context.ts";
import { duration, headline, timeText } from "../figures.ts";
import { idText } from "../references.ts";
import { type Colour, moreRows, type Terminal, table } from "../terminal.ts";
import { wholeNumber } from "../values.ts";

interface Options {
  readonly state?: JobState;
  readonly name?: string;
  readonly limit: number;
}

export const registerJobs: Register = (program, context) => {
  program
    .command("jobs")
    .description("list jobs, newest first")
    .addOption(new Option("-s, --state <state>", "only jobs in this state").choices(JOB_STATES))
    .option("-n, --name <name>", "only jobs with this name")
    .option("-l, --limit <count>", "how many", wholeNumber(1, 200), 20)
    .addHelpText("after", examples("trainyard jobs", "trainyard jobs --state running", "trainyard jobs --json | jq .data[].id"))
    .action(async (options: Options) => {
      const page = await context.client().jobs(options);
      context.show(page, () => {
        if (page.data.length === 0) return ["No jobs."];
        const more = moreRows(page, "trainyard jobs", options.limit, context.out);
        return [...table(rowsOf(page.data, context.out), context.out), ...more];
      });
    });
};

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
