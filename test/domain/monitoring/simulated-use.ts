/** Windows of drawn rows, quiet ones and shifted ones, to measure how often they raise an alert. */
import { judgeWindow, WINDOW_ROWS, type WindowVerdict } from "../../../src/domain/monitoring/drift.ts";
import { binOf, type Layout, layoutOf } from "../../../src/domain/monitoring/layout.ts";
import { type ColumnReference, edgesOf, type MonitoringReference } from "../../../src/domain/monitoring/reference.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";

type Draw = () => number;

const LABELS = Array.from({ length: 30 }, (_, label) => `label ${label}`);
/** Zipf: half of the labels are rare. */
const LABEL_SHARES = LABELS.map((_, label) => 1 / (label + 1));
const LABEL_SUM = LABEL_SHARES.reduce((sum, share) => sum + share, 0);

/** Kinds of columns, in turn: normal; exponential with missing values; whole numbers 0 to 4; labels. Each draws a value, shifted by so many standard deviations. */
const KINDS: readonly { readonly isLabel: boolean; draw(uniform: Draw, shift: number): number }[] = [
  { isLabel: false, draw: (uniform, shift) => normal(uniform) + shift },
  { isLabel: false, draw: (uniform, shift) => (uniform() < 0.05 ? Number.NaN : -Math.log(1 - uniform()) + shift) },
  { isLabel: false, draw: (uniform, shift) => Math.floor(5 * uniform()) + Math.round(Math.SQRT2 * shift) },
  {
    isLabel: true,
    draw(uniform) {
      let left = uniform() * LABEL_SUM;
      let label = 0;
      while (label < LABELS.length - 1 && left >= (LABEL_SHARES[label] as number)) left -= LABEL_SHARES[label++] as number;
      return label;
    },
  },
];

function normal(uniform: Draw): number {
  return Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

const kindOf = (column: number) => KINDS[column % KINDS.length] as (typeof KINDS)[number];

export interface Use {
  readonly columns: number;
  /** Training rows. */
  readonly rows: number;
  readonly windows: number;
  /** The first column is shifted by so many standard deviations; 0 when left out. */
  readonly shift?: number;
  readonly seed?: number;
}

/** How many windows a reference is used for: another one may happen to be odd. */
const WINDOWS_OF_A_REFERENCE = 20;

/** What every window of such use comes to. */
export function* judgedWindows({ columns, rows, windows, shift = 0, seed = 1 }: Use): Generator<WindowVerdict> {
  const random = createRandom(streamKey(seed, "simulated use"));
  const uniform = () => random.uniform();
  let layout = drawLayout(columns, rows, uniform);
  for (let window = 1; window <= windows; window++) {
    const counts = new Float64Array(layout.size);
    for (let row = 0; row < WINDOW_ROWS; row++) {
      layout.inputs.forEach((column, index) => {
        const place = column.offset + binOf(column, kindOf(index).draw(uniform, index === 0 ? shift : 0));
        counts[place] = (counts[place] as number) + 1;
      });
    }
    yield judgeWindow(layout, counts);
    if (window % WINDOWS_OF_A_REFERENCE === 0) layout = drawLayout(columns, rows, uniform);
  }
}

function drawLayout(columns: number, rows: number, uniform: Draw): Layout {
  const drawn = Array.from({ length: columns }, (_, index) => {
    const { isLabel, draw } = kindOf(index);
    const values = Float64Array.from({ length: rows }, () => draw(uniform, 0));
    const bins = isLabel ? { labels: LABELS } : { edges: edgesOf(values.filter((value) => !Number.isNaN(value))) };
    return { bins, values };
  });
  const layoutWith = (given: readonly ColumnReference[]) => {
    const reference: MonitoringReference = { rows, columns: given, answers: { part: "train", rows: 0, columns: [] } };
    const preprocessing = { columns: drawn.map(({ bins }, index) => encoded(index, "labels" in bins)), targets: [] };
    const layout = layoutOf({ preprocessing, inputWidth: columns, classes: [], reference } as never);
    if (!layout) throw new Error("a model with a reference has a layout");
    return layout;
  };
  const empty = layoutWith(drawn.map(({ bins }) => ({ ...bins, counts: emptyCounts(bins) })));
  return layoutWith(
    drawn.map(({ bins, values }, index) => {
      const counts = emptyCounts(bins);
      const column = empty.inputs[index] as Layout["inputs"][number];
      for (const value of values) {
        const bin = binOf(column, value);
        counts[bin] = (counts[bin] as number) + 1;
      }
      return { ...bins, counts };
    }),
  );
}

const emptyCounts = (bins: { labels?: readonly string[]; edges?: readonly number[] }) =>
  new Array<number>(bins.labels ? bins.labels.length + 3 : (bins.edges?.length ?? 0) + 2).fill(0);

const encoded = (index: number, isLabel: boolean) =>
  isLabel ? { kind: "category", column: `c${index}`, categories: LABELS } : { kind: "numeric", column: `c${index}` };
