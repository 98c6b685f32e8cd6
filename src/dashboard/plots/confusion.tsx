/** The confusion matrix: a row for each true class, a column for each predicted one, shaded by the share of the row. */
import { formatCount, formatShare } from "../shell/format.ts";

/** With more classes, cells are smaller and have no numbers. */
const MAX_NUMBERED = 14;

export interface ConfusionProps {
  readonly labels: readonly string[];
  readonly matrix: readonly (readonly number[])[];
  /** Shows rows of a cell; null for a cell of which none are known. */
  open?(actual: string, predicted: string, count: number): (() => void) | null;
}

export function Confusion({ labels, matrix, open }: ConfusionProps) {
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
                <Cell
                  key={column}
                  count={count}
                  total={sum(matrix[row] ?? [])}
                  right={row === column}
                  numbered={numbered}
                  name={`${formatCount(count)} rows of ${label} said to be ${labels[column]}`}
                  open={open?.(label, labels[column] ?? "", count) ?? null}
                />
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
  readonly name: string;
  readonly open: (() => void) | null;
}

function Cell({ count, total, right, numbered, name, open }: CellProps) {
  const share = total > 0 ? count / total : 0;
  const text = numbered ? formatCount(count) : <span class="visually-hidden">{count}</span>;
  return (
    <td
      class={right ? "right" : "wrong"}
      style={{ "--share": `${Math.round(share * 100)}%` }}
      title={`${formatCount(count)} of ${formatCount(total)}, ${formatShare(share)}`}
    >
      {open ? (
        <button type="button" aria-label={name} onClick={open}>
          {text}
        </button>
      ) : (
        text
      )}
    </td>
  );
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
