/** The confusion matrix: a row for each true class, a column for each predicted one, shaded by the share of the row. */
import { formatCount, formatShare } from "../shell/format.ts";

/** With more classes, cells are smaller and have no numbers. */
const MAX_NUMBERED = 14;

export interface ConfusionProps {
  readonly labels: readonly string[];
  readonly matrix: readonly (readonly number[])[];
}

export function Confusion({ labels, matrix }: ConfusionProps) {
  const numbered = labels.length <= MAX_NUMBERED;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls must be reachable by keys.
    <section class="table-scroll" tabIndex={0} aria-label="Confusion matrix">
      <table class={numbered ? "confusion" : "confusion small"}>
        <caption class="visually-hidden">Confusion matrix: rows are true classes, columns predicted ones.</caption>
        <thead>
          <tr>
            <th scope="col">
              <span class="muted">true \ predicted</span>
            </th>
            {labels.map((label) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {labels.map((label, row) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              {(matrix[row] ?? []).map((count, column) => (
                <Cell key={column} count={count} total={sum(matrix[row] ?? [])} right={row === column} numbered={numbered} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface CellProps {
  readonly count: number;
  readonly total: number;
  /** Whether the cell is on the diagonal. */
  readonly right: boolean;
  readonly numbered: boolean;
}

function Cell({ count, total, right, numbered }: CellProps) {
  const share = total > 0 ? count / total : 0;
  return (
    <td
      class={right ? "right" : "wrong"}
      style={{ "--share": `${Math.round(share * 100)}%` }}
      title={`${formatCount(count)} of ${formatCount(total)}, ${formatShare(share)}`}
    >
      {numbered ? formatCount(count) : <span class="visually-hidden">{count}</span>}
    </td>
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
