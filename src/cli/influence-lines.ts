/** Which rows made a prediction, on the terminal: the prediction, and the rows that changed it the most, with their cells. */
import type { Influence, JobRows } from "../client/index.ts";
import { influencedRows, predictionSentence, type RowList, rowLists } from "../client/influence.ts";
import { percent, significant } from "./figures.ts";
import { type Terminal, table } from "./terminal.ts";

/** Rows of each list, and columns of the data, that are shown. */
const SHOWN_ROWS = 5;
const SHOWN_COLUMNS = 4;

/** The rows whose cells `influenceLines` shows, by their numbers. */
export const shownRows = (influence: Influence): number[] => influencedRows(influence, SHOWN_ROWS);

/** Returns the lines of an answer. `rows` are the cells of `shownRows`; null where the data is gone. Rows are counted from 1, as the page does. */
export function influenceLines(influence: Influence, rows: JobRows | null, terminal: Terminal): string[] {
  const { predictions, rows: leftOut, training_rows: training, agrees } = influence;
  const { dim } = terminal.paint;
  const numbers = shownRows(influence);
  return [
    ...predictions.flatMap((prediction) => {
      const sentence = predictionSentence(prediction, { share: percent, value: significant });
      return [
        "",
        `  ${terminal.paint.bold(sentence)}`,
        ...rowLists(prediction).flatMap((list) => listLines(list, prediction.type, numbers, rows, terminal)),
      ];
    }),
    "",
    dim(`  ${leftOut.length} of ${training} training rows were left out, one at a time, each by a training`),
    ...(agrees ? [] : [dim("  another version trained the model: its weights differ from those of this training on all rows")]),
  ];
}

function listLines(
  { title, rows, isOfLoss }: RowList,
  type: "probability" | "value",
  numbers: readonly number[],
  cells: JobRows | null,
  terminal: Terminal,
): string[] {
  if (rows.length === 0) return ["", `  ${title}: none`];
  const columns = cells ? [...cells.targets, ...cells.features].slice(0, SHOWN_COLUMNS) : [];
  const signed = (value: number | null | undefined) =>
    typeof value === "number" ? `${value > 0 ? "+" : ""}${significant(value)}` : "";
  const shown = rows.slice(0, SHOWN_ROWS).map(({ row, change, loss_change }) => {
    const own = columns.map(({ values }) => cellText(values[numbers.indexOf(row)]));
    return [`  ${row + 1}`, signed(change), ...(isOfLoss ? [signed(loss_change)] : []), ...own];
  });
  const head = ["  row", type, ...(isOfLoss ? ["loss"] : []), ...columns.map(({ name }) => name)];
  return ["", `  ${title}`, ...table([head, ...shown], terminal)];
}

const cellText = (value: number | string | null | undefined): string =>
  value === null || value === undefined
    ? "–"
    : typeof value === "number" && !Number.isInteger(value)
      ? significant(value)
      : String(value);
