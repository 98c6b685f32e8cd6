/** The content of a column at a glance: a histogram of its numbers, or its most frequent labels as bars. */
import type { Column } from "../../domain/datasets/dataset.ts";
import { tickLabel } from "../plots/scale.ts";
import { formatCount, formatValue } from "../shell/format.ts";

const WIDTH = 120;
const HEIGHT = 28;
const MAX_BARS = 12;
/** Labels in a summary. */
const MAX_LABELS = 3;

export function ColumnPicture({ column }: { readonly column: Column }) {
  const counts = column.statistics?.histogram.counts ?? column.top.slice(0, MAX_BARS).map(({ count }) => count);
  if (counts.length === 0) return null;
  const most = Math.max(...counts, 1);
  const step = WIDTH / counts.length;
  return (
    <svg
      class="column-picture"
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={described(column)}
    >
      {counts.map((count, bin) => {
        const height = count === 0 ? 0 : Math.max(1, (count / most) * HEIGHT);
        return <rect key={bin} x={bin * step + 0.5} y={HEIGHT - height} width={Math.max(1, step - 1)} height={height} />;
      })}
    </svg>
  );
}

function described({ name, statistics, top }: Column): string {
  if (statistics) return `Histogram of ${name}, from ${formatValue(statistics.min)} to ${formatValue(statistics.max)}`;
  const labels = top.slice(0, 5).map(({ value, count }) => `${value} ${formatCount(count)}`);
  return `Most frequent in ${name}: ${labels.join(", ")}`;
}

/** A number in four significant digits, without trailing zeros. */
const plain = (value: number): string => tickLabel(Number(value.toPrecision(4)));

/** Returns the range and mean of a column of numbers, or its most frequent labels, as text. */
export function columnSummary({ type, statistics, top, distinct }: Column): string {
  if (!statistics) {
    const labels = top.slice(0, MAX_LABELS).map(({ value }) => value);
    return `${labels.join(", ")}${distinct > labels.length ? ", …" : ""}`;
  }
  if (type === "datetime")
    return `${new Date(statistics.min).toISOString().slice(0, 10)} to ${new Date(statistics.max).toISOString().slice(0, 10)}`;
  return `${plain(statistics.min)} to ${plain(statistics.max)}, mean ${plain(statistics.mean)}`;
}
