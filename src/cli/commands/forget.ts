/** `trainyard forget`: forget rows of a data set, follow such runs, cancel them. */
import type { Client, Forget, ForgetRequest, PlannedForget } from "../../client/index.ts";
import { type Context, examples, type Register } from "../context.ts";
import { usageError } from "../exit.ts";
import { timeText } from "../figures.ts";
import { findDataset, idText } from "../references.ts";
import { moreRows, table } from "../terminal.ts";
import { wholeNumber } from "../values.ts";

interface RowsOptions {
  readonly row?: readonly number[];
  readonly column?: string;
  readonly value?: readonly string[];
  readonly eraseOthers?: boolean;
  readonly yes?: boolean;
}

/** Interval between polls of a run. */
const POLL_MS = 500;

export const registerForget: Register = (program, context) => {
  const forget = program
    .command("forget")
    .description("train the models that saw some rows again without them, then erase the rows");
  forget
    .command("rows")
    .description("show which models saw rows of a data set; with --yes, train them again and erase the rows")
    .argument("<dataset>", "id or name")
    .option("-r, --row <number...>", "rows, counted from 1", (text: string, others: number[] = []) => [
      ...others,
      wholeNumber(1)(text),
    ])
    .option("-c, --column <name>", "a column whose values choose the rows")
    .option("-v, --value <text...>", "values of that column")
    .option("--erase-others", "delete models that saw the rows and cannot be trained again")
    .option("-y, --yes", "do it; without this, nothing changes")
    .addHelpText(
      "after",
      examples(
        "trainyard forget rows people --column email --value ada@example.com",
        "trainyard forget rows iris --row 71 --yes",
      ),
    )
    .action(async (reference: string, options: RowsOptions) => {
      const client = context.client();
      const { id } = await findDataset(client, reference);
      const request = requestOf(options);
      const plan = await client.planForget(id, request);
      if (!options.yes) return context.show(plan, () => describePlan(plan, context));
      process.exitCode = await follow(context, client, await client.forget(id, request));
    });
  forget
    .command("show")
    .description("show a run that forgets rows, or follow it to its end")
    .argument("<run>", "id")
    .option("-w, --wait", "wait until it has ended")
    .action(async (id: string, { wait }: { wait?: boolean }) => {
      const client = context.client();
      const run = await client.readForget(id);
      if (wait) process.exitCode = await follow(context, client, run);
      else context.show(run, () => describeRun(run, context));
    });
  forget
    .command("list")
    .description("list runs that forget rows, newest first")
    .option("-l, --limit <count>", "how many", wholeNumber(1, 50), 10)
    .action(async (query: { limit: number }) => {
      const page = await context.client().forgets(query);
      const rows = page.data.map(({ id, state, rows: forgotten, retrained, to_retrain, created_at }) => [
        ...[idText(id, context.out), state, String(forgotten.length), `${retrained} of ${to_retrain}`],
        timeText(created_at, context.out),
      ]);
      context.show(page, () => {
        if (rows.length === 0) return ["No rows were forgotten."];
        const lines = table([["run", "state", "rows", "retrained", "created"], ...rows], context.out);
        return [...lines, ...moreRows(page, "trainyard forget list", query.limit, context.out)];
      });
    });
  forget
    .command("cancel")
    .description("cancel a run that has erased nothing yet")
    .argument("<run>", "id")
    .action(async (id: string) => {
      const run = await context.client().cancelForget(id);
      context.show(run, () => describeRun(run, context));
    });
};

function requestOf({ row, column, value, eraseOthers }: RowsOptions): ForgetRequest {
  const more = eraseOthers ? { without_retraining: "erase" as const } : {};
  if (row && !column && !value) return { positions: row.map((number) => number - 1), ...more };
  if (!row && column && value) return { keys: { column, values: [...value] }, ...more };
  throw usageError("choose the rows with --row, or with --column and --value");
}

async function follow(context: Context, client: Client, started: Forget): Promise<number> {
  let run = started;
  let said = "";
  while (run.state === "retraining" || run.state === "erasing") {
    const text = `${run.id}  ${run.state}  ${run.retrained} of ${run.to_retrain} trained again`;
    if (text !== said) context.err.print(text);
    said = text;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    run = await client.readForget(run.id);
  }
  const { id } = run;
  context.show(run, () => describeRun(run, context));
  if (run.state !== "succeeded")
    context.err.print(`${id} ${run.state}${run.error ? `: ${run.error}` : ""}; nothing was erased`);
  return run.state === "succeeded" ? 0 : 1;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;

function describePlan({ rows, datasets, models, sweeps, running }: PlannedForget, { out }: Context): string[] {
  const seen = models.filter(({ model }) => model !== null);
  const shown = seen.map(({ model, why_not }) => [
    `${model?.name}@${model?.version}`,
    (model?.aliases ?? []).join(" "),
    why_not === null ? "trained again" : `deleted: ${why_not}`,
  ]);
  return [
    `${count(rows.length, "row")} in ${count(datasets.length, "data set")}, seen by ${count(models.length, "job")} and ${count(sweeps.length, "sweep")}`,
    ...(shown.length > 0 ? ["", ...table([["model", "aliases", "what happens to it"], ...shown], out)] : []),
    ...(running.length > 0 ? ["", `These must end first: ${running.join(", ")}`] : []),
    "",
    "Nothing has changed. With --yes, the models are trained without the rows, and then the rows are erased.",
  ];
}

function describeRun({ id, state, rows, datasets, models, receipt }: Forget, { out }: Context): string[] {
  const tables = datasets.map(({ id: old, replaced_by }) => [old, replaced_by ?? "-"]);
  const trained = models.flatMap(({ model, replaced_by: now }) =>
    model ? [[`${model.name}@${model.version}`, now ? `${now.name}@${now.version}` : "-"]] : [],
  );
  return [
    `${out.paint.bold(id)}  ${state}  ${count(rows.length, "row")}`,
    ...table([["with the rows", "without them"], ...tables, ...trained], out),
    ...(receipt ? ["", receipt.storage, "Beyond reach:", ...receipt.beyond_reach.map((place) => `  ${place}`)] : []),
  ];
}
