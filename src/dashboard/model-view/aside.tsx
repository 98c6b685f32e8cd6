/** Beside a plot: the metrics of the shown snapshot, and the prediction under the pointer. */
import type { Metrics } from "../../client/answers.ts";
import { axisName } from "../plots/features.ts";
import type { Axis } from "../plots/field.ts";
import { cssColour, type Palette } from "../plots/palette.ts";
import type { Reading } from "../plots/surface.tsx";
import { useApp } from "../shell/app-context.ts";
import { formatCount, formatShare, formatValue } from "../shell/format.ts";
import { useResource } from "../shell/resource.ts";

const MAX_CLASSES = 10;
/** The series that are shown, each with its validation part. */
const SHOWN = ["loss", "accuracy", "r2", "mae"] as const;
const NAMES: Readonly<Record<(typeof SHOWN)[number], string>> = { loss: "Loss", accuracy: "Accuracy", r2: "R²", mae: "MAE" };

/** The metrics of an epoch of a job. */
export function EpochMetrics({ job, epoch }: { readonly job: string; readonly epoch: number }) {
  const { api } = useApp();
  const { data } = useResource((signal) => api.metrics(job, { from: epoch, to: epoch }, { signal }), [job, epoch]);
  const read = (key: string) => (data?.series as Partial<Record<string, Metrics["epochs"]>> | undefined)?.[key]?.[0];
  const rows = SHOWN.filter((key) => key === "loss" || read(key) !== undefined).map((key) => ({
    name: NAMES[key],
    training: show(key, read(key)),
    validation: show(key, read(`val_${key}`)),
  }));
  return <MetricTable epoch={epoch} rows={rows} hasValidation={read("val_loss") !== undefined} />;
}

interface MetricRow {
  readonly name: string;
  /** As they are shown. */
  readonly training: string;
  readonly validation: string;
}

interface MetricTableProps {
  readonly epoch: number;
  readonly rows: readonly MetricRow[];
  /** Whether there is a validation part. */
  readonly hasValidation: boolean;
}

/** Metrics of one epoch as a table: a row for each, with its value on the training and on the validation part. */
export function MetricTable({ epoch, rows, hasValidation }: MetricTableProps) {
  return (
    <table class="epoch-metrics">
      <caption class="visually-hidden">Metrics of epoch {formatCount(epoch)}</caption>
      <thead>
        <tr>
          <td />
          <th scope="col">training</th>
          {hasValidation && <th scope="col">validation</th>}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, training, validation }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td class="num">{training}</td>
            {hasValidation && <td class="num">{validation}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const show = (key: string, value: unknown): string => (key === "accuracy" ? formatShare(value) : formatValue(value));

export interface PointerReadingProps {
  readonly reading: Reading | null;
  readonly x: Axis;
  readonly y: Axis;
  readonly labels: readonly string[];
  readonly palette: Palette;
}

/** The prediction under the pointer. It takes the same room without one, so that nothing moves. */
export function PointerReading({ reading, x, y, labels, palette }: PointerReadingProps) {
  const shown = labels.slice(0, MAX_CLASSES);
  return (
    <div class="pointer-reading">
      <p class="muted">
        {reading
          ? `${axisName(x.name)} ${formatValue(reading.x)}, ${axisName(y.name)} ${formatValue(reading.y)}`
          : "Point at the plot to read a prediction."}
      </p>
      {labels.length === 0 ? (
        <p class="pointer-value">{reading ? formatValue(reading.value) : "–"}</p>
      ) : (
        <ul class="bars">
          {shown.map((label, index) => (
            <li key={label} class="bar-row">
              <span class="truncate">{label}</span>
              <span class="bar">
                <span
                  style={{
                    width: `${(reading?.shares[index] ?? 0) * 100}%`,
                    background: cssColour(palette.classColour(index)),
                  }}
                />
              </span>
              <span class="num">{reading?.shares[index] === undefined ? "–" : formatShare(reading.shares[index])}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
