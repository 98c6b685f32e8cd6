/** A curve of a few dozen points in a line of text. */
const WIDTH = 88;
const HEIGHT = 24;
const INSET = 2;

export interface SparklineProps {
  readonly points: readonly (readonly [x: number, y: number])[] | null;
  /** What it shows, for screen readers. */
  readonly label: string;
}

/** Logarithmic where all values are positive, since a loss falls by factors. */
export function Sparkline({ points, label }: SparklineProps) {
  return (
    <svg class="sparkline" width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {points && points.length > 1 && <path d={pathOf(points)} fill="none" stroke="currentColor" stroke-width="1.5" />}
    </svg>
  );
}

function pathOf(points: NonNullable<SparklineProps["points"]>): string {
  const finite = points.filter(([, y]) => Number.isFinite(y));
  const isLog = finite.every(([, y]) => y > 0);
  const heights = finite.map(([, y]) => (isLog ? Math.log10(y) : y));
  const least = Math.min(...heights);
  const range = Math.max(...heights) - least || 1;
  const [first = 0] = finite[0] ?? [];
  const span = (finite.at(-1)?.[0] ?? 1) - first || 1;
  return finite
    .map(([x], index) => {
      const px = INSET + ((x - first) / span) * (WIDTH - 2 * INSET);
      const py = HEIGHT - INSET - (((heights[index] as number) - least) / range) * (HEIGHT - 2 * INSET);
      return `${index === 0 ? "M" : "L"}${px.toFixed(1)} ${py.toFixed(1)}`;
    })
    .join("");
}
