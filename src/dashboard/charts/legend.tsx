/** The lines of a chart with their values: at the crosshair, else at the newest epoch. */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { formatCount } from "../shell/format.ts";
import type { Line } from "./plot.ts";

export interface LegendProps {
  readonly lines: readonly Line[];
  readonly epochs: Float64Array;
  readonly format: (value: number) => string;
  /** What the points are numbered by. */
  readonly step: string;
  /** Set to a function that shows a point's values. It writes into the document itself, since the crosshair moves often. */
  readonly cursor: RefObject<((index: number | null) => void) | null>;
}

export function Legend({ lines, epochs, format, step, cursor }: LegendProps) {
  const list = useRef<HTMLUListElement>(null);
  const at = useRef<number | null>(null);
  const read = (index: number | null) => {
    at.current = index;
    const epoch = epochs[index ?? epochs.length - 1] ?? 0;
    const texts = [`${step} ${formatCount(epoch)}`, ...lines.map((line) => valueAt(line, index, format))];
    const cells = list.current?.querySelectorAll("[data-value]") ?? [];
    texts.forEach((text, index) => {
      const node = cells[index];
      if (node && node.textContent !== text) node.textContent = text;
    });
  };
  useEffect(() => {
    cursor.current = read;
    read(at.current);
  });
  return (
    <ul class="legend" ref={list}>
      <li>
        <span class="legend-epoch" data-value />
      </li>
      {lines.map(({ key, label, color, dashed }) => (
        <li key={key}>
          <svg width="18" height="8" aria-hidden="true" style={{ color: `var(${color})` }}>
            <path d="M0 4h18" stroke="currentColor" stroke-width="2" stroke-dasharray={dashed ? "5 3" : undefined} />
          </svg>
          <span class="truncate">{label}</span>
          <span class="legend-value" data-value />
        </li>
      ))}
    </ul>
  );
}

/** The value of a line at a point, or (null) its newest one. */
function valueAt({ values, absent }: Line, index: number | null, format: (value: number) => string): string {
  const row = index ?? (absent ? absent.lastIndexOf(0) : values.length - 1);
  const value = values[row];
  return value === undefined || (absent?.[row] && Number.isNaN(value)) ? "–" : format(value);
}
