/** The legend of a plot: what its colours and shapes mean. */
import type { RowPart } from "../../domain/jobs/job-rows.ts";
import { cssColour, type Palette } from "./palette.ts";
import { type Domain, formatCell } from "./scale.ts";

const MAX_LABELS = 12;
const STEPS = 10;

const ROW_PARTS = ["train", "validation", "test"] as const;
const PARTS: Readonly<Record<RowPart, string>> = {
  train: "training rows",
  validation: "validation rows",
  test: "test rows",
};

export interface LegendProps {
  readonly palette: Palette;
  readonly labels: readonly string[];
  /** The range of a regression's values; null for classes. */
  readonly range: Domain | null;
  readonly parts: ReadonlySet<RowPart>;
}

export function Legend({ palette, labels, range, parts }: LegendProps) {
  return (
    <ul class="legend-list" aria-label="Legend">
      {labels.slice(0, MAX_LABELS).map((label, index) => (
        <li key={label}>
          <svg width="12" height="12" aria-hidden="true">
            <circle cx="6" cy="6" r="5" fill={cssColour(palette.classColour(index))} />
          </svg>
          {label}
        </li>
      ))}
      {labels.length > MAX_LABELS && <li class="muted">and {labels.length - MAX_LABELS} more</li>}
      {range && <RampKey palette={palette} range={range} />}
      {ROW_PARTS.filter((part) => parts.has(part)).map((part) => (
        <li key={part}>
          <PartKey part={part} />
          {PARTS[part]}
        </li>
      ))}
    </ul>
  );
}

function RampKey({ palette, range }: { readonly palette: Palette; readonly range: Domain }) {
  return (
    <li>
      {formatCell(range.min)}
      <svg width="120" height="12" aria-hidden="true">
        {Array.from({ length: STEPS }, (_, step) => (
          <rect key={step} x={step * 12} width="12" height="12" fill={cssColour(palette.ramp((step + 0.5) / STEPS))} />
        ))}
      </svg>
      {formatCell(range.max)}
    </li>
  );
}

function PartKey({ part }: { readonly part: RowPart }) {
  const isTrained = part === "train";
  const paint = { fill: isTrained ? "currentColor" : "none", stroke: "currentColor", "stroke-width": 1.75 };
  return (
    <svg width="12" height="12" aria-hidden="true">
      {part === "test" ? <rect x="2" y="2" width="8" height="8" {...paint} /> : <circle cx="6" cy="6" r="4" {...paint} />}
    </svg>
  );
}
