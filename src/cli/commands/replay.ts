/** `trainyard replay`: replays a step of a job, with its gradients, activations and worst rows. */
import type { Replay, TensorFigures } from "../../client/index.ts";
import { examples, type Register } from "../context.ts";
import { significant } from "../figures.ts";
import { findJob } from "../references.ts";
import { type Terminal, table } from "../terminal.ts";
import { wholeNumber } from "../values.ts";

/** Rows of the greatest losses that are shown. */
const SHOWN_ROWS = 5;

export const registerReplay: Register = (program, context) => {
  program
    .command("replay")
    .description("recompute a step of a job: gradients, activations and the worst rows at any point of its training")
    .argument("<job>", "id, or name (its newest job)")
    .argument("<step>", "number of optimiser steps done; 0 is before the first", wholeNumber(0, Number.MAX_SAFE_INTEGER))
    .addHelpText("after", examples("trainyard replay penguins 0", "trainyard replay penguins 1200 --json"))
    .action(async (reference: string, step: number) => {
      const client = context.client();
      const job = await findJob(client, reference);
      const replay = await client.replay(job.id, { step, ask: ["gradients", "activations", "loss_by_row"] });
      context.show(replay, () => replayLines(replay, context.out));
    });
};

/** A replayed step, in the width of the terminal. */
function replayLines(replay: Replay, terminal: Terminal): string[] {
  const { step, epoch, step_of_epoch: within, loss, rows, sha256, from_step: from } = replay;
  const { dim, bold } = terminal.paint;
  const place = within === 0 ? `${epoch} epochs done` : `${epoch} epochs and ${within} steps done`;
  return [
    `${bold(`step ${step}`)}  ${place}, loss ${text(loss)} of ${rows} rows`,
    dim(`weights ${sha256}`),
    dim(`replayed ${step - from} steps from step ${from}`),
    ...figureLines("gradient", replay.gradients ?? [], terminal),
    ...figureLines("layer", replay.activations ?? [], terminal),
    ...worstLines(replay.loss_by_row, terminal),
  ];
}

function figureLines(name: string, figures: readonly TensorFigures[], terminal: Terminal): string[] {
  const rows = figures.map((each) => [
    `  ${each.name}`,
    each.shape.join(" x "),
    ...[each.norm, each.mean, each.min, each.max].map(text),
    significant(each.zeros),
  ]);
  return ["", ...table([[`  ${name}`, "shape", "norm", "mean", "min", "max", "zeros"], ...rows], terminal)];
}

function worstLines(byRow: Replay["loss_by_row"], terminal: Terminal): string[] {
  if (!byRow) return [];
  const worst = byRow.rows
    .map((row, index) => ({ row, loss: byRow.losses[index] ?? 0 }))
    .sort((a, b) => Number(b.loss) - Number(a.loss))
    .slice(0, SHOWN_ROWS);
  return ["", ...table([["  worst row", "loss"], ...worst.map(({ row, loss }) => [`  ${row + 1}`, text(loss)])], terminal)];
}

const text = (value: number | string): string => (typeof value === "number" ? significant(value) : value);
