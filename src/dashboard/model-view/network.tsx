/** Draws a network: a column of units for each stage, edges coloured by their weights if these are known, shapes and counts below. */
import type { Layer } from "../../domain/spec/layers.ts";
import { cssColour, type Palette, usePalette } from "../plots/palette.ts";
import { formatCount } from "../shell/format.ts";
import { type Stage, stagesOf } from "./layer-shapes.ts";
import type { ReadTensor } from "./safetensors.ts";

/** Maximum drawn units of a column; with more, the first and the last few with a gap between. */
const MAX_UNITS = 10;
const COLUMN_PX = 148;
const UNIT_PX = 26;
const RADIUS_PX = 8;
const MIN_HEIGHT_PX = 128;
const LABEL_PX = 96;

export interface NetworkProps {
  readonly layers: readonly Layer[];
  readonly inputWidth: number | null;
  /** Names and shapes of the model's tensors, if they are known. */
  readonly weights: readonly { readonly name: string; readonly shape: readonly number[] }[] | null;
  /** Their values, once they are read. */
  readonly tensors: readonly ReadTensor[] | null;
}

export function Network({ layers, inputWidth, weights, tensors }: NetworkProps) {
  const palette = usePalette();
  const stages = stagesOf(layers, inputWidth, weights);
  const width = stages.length * COLUMN_PX;
  const most = Math.max(...stages.map((stage) => unitsOf(stage)?.length ?? 0));
  const height = Math.max(MIN_HEIGHT_PX, most * UNIT_PX + 24);
  const total = stages.reduce<number | null>(
    (sum, { parameters }) => (sum === null || parameters === null ? null : sum + parameters),
    0,
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: What scrolls must be reachable by keys.
    <section class="network" tabIndex={0} aria-label="The network, layer by layer">
      <svg
        width={width}
        height={height + LABEL_PX}
        viewBox={`0 0 ${width} ${height + LABEL_PX}`}
        role="img"
        aria-label={described(stages, total)}
      >
        {stages.slice(1).map((stage, index) => (
          <Edges key={stage.index} from={stages[index] as Stage} to={stage} column={index} {...{ palette, tensors, height }} />
        ))}
        {stages.map((stage, column) => (
          <Column key={stage.index} stage={stage} column={column} {...{ palette, height }} />
        ))}
      </svg>
    </section>
  );
}

function described(stages: readonly Stage[], total: number | null): string {
  const parts = stages.map(
    ({ title, after, shape }) => [title, ...after].join(" and ") + (shape ? ` to ${shape.join(" by ")}` : ""),
  );
  return `${parts.join(", then ")}${total === null ? "" : `; ${formatCount(total)} parameters`}.`;
}

/** The units to draw by index, null for the gap. A shape of several axes is drawn as one block: null. */
function unitsOf({ shape }: Stage): readonly (number | null)[] | null {
  if (shape?.length !== 1) return null;
  const count = shape[0] as number;
  if (count <= MAX_UNITS) return Array.from({ length: count }, (_, unit) => unit);
  const half = Math.floor((MAX_UNITS - 1) / 2);
  const tail = MAX_UNITS - 1 - half;
  return [
    ...Array.from({ length: half }, (_, unit) => unit),
    null,
    ...Array.from({ length: tail }, (_, unit) => count - tail + unit),
  ];
}

const centre = (column: number): number => column * COLUMN_PX + COLUMN_PX / 2;

/** The height of the unit at a position of its column. */
const heightOf = (position: number, count: number, height: number): number =>
  height / 2 + (position - (count - 1) / 2) * UNIT_PX;

interface ColumnProps {
  readonly stage: Stage;
  readonly column: number;
  readonly palette: Palette;
  readonly height: number;
}

function Column({ stage, column, palette, height }: ColumnProps) {
  const units = unitsOf(stage);
  const x = centre(column);
  const count = stage.shape ? formatCount(stage.shape.reduce((total, size) => total * size, 1)) : "";
  return (
    <g class="network-column">
      {units ? (
        units.map((unit, position) =>
          unit === null ? (
            <text key="gap" x={x} y={heightOf(position, units.length, height) + 4} text-anchor="middle">
              ⋮
            </text>
          ) : (
            <circle
              key={unit}
              cx={x}
              cy={heightOf(position, units.length, height)}
              r={RADIUS_PX}
              fill={cssColour(palette.surface)}
              stroke={cssColour(palette.text)}
              stroke-width="1.5"
            />
          ),
        )
      ) : (
        <rect
          x={x - 34}
          y={height / 2 - 50}
          width="68"
          height="100"
          rx="6"
          fill={cssColour(palette.surface)}
          stroke={cssColour(palette.text)}
          stroke-width="1.5"
        />
      )}
      <Labels {...{ stage, x, count, height }} />
    </g>
  );
}

function Labels({
  stage: { title, after, shape, parameters },
  x,
  count,
  height,
}: {
  readonly stage: Stage;
  readonly x: number;
  readonly count: string;
  readonly height: number;
}) {
  const lines = [
    shape ? (shape.length === 1 ? `${count} wide` : `${shape.join(" × ")}`) : "unknown shape",
    parameters === null ? "" : parameters === 0 ? "no parameters" : `${formatCount(parameters)} parameters`,
  ];
  return (
    <>
      <text class="network-title" x={x} y={height + 18} text-anchor="middle">
        {shortened(title)}
      </text>
      <text x={x} y={height + 36} text-anchor="middle">
        {shortened(after.join(", "))}
      </text>
      {lines.map((line, index) => (
        <text key={line} class="network-fact" x={x} y={height + 56 + index * 17} text-anchor="middle">
          {line}
        </text>
      ))}
    </>
  );
}

const MAX_LETTERS = 22;
const shortened = (text: string): string => (text.length > MAX_LETTERS ? `${text.slice(0, MAX_LETTERS - 1)}…` : text);

interface EdgesProps {
  readonly from: Stage;
  readonly to: Stage;
  /** The column of the stage that they come from. */
  readonly column: number;
  readonly palette: Palette;
  readonly tensors: readonly ReadTensor[] | null;
  readonly height: number;
}

/** A line for each weight of a linear layer; one arrow for any other. */
function Edges({ from, to, column, palette, tensors, height }: EdgesProps) {
  const [left, right] = [unitsOf(from), unitsOf(to)];
  const [x0, x1] = [centre(column) + RADIUS_PX, centre(column + 1) - RADIUS_PX];
  if (!left || !right || to.weight === null) {
    const inset = 30;
    return (
      <path
        d={`M${x0 + inset} ${height / 2}H${x1 - inset}m-6 -4l6 4l-6 4`}
        fill="none"
        stroke={cssColour(palette.muted)}
        stroke-width="1.5"
      />
    );
  }
  const tensor = tensors?.find(({ name }) => name === to.weight) ?? null;
  const [outWidth = 0, inWidth = 0] = tensor?.shape ?? [];
  const fits = tensor !== null && outWidth === to.shape?.[0] && inWidth === from.shape?.[0];
  const most = fits ? tensor.values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0) || 1 : 1;
  return (
    <g>
      {left.flatMap((unit, i) =>
        right.map((other, j) => {
          if (unit === null || other === null) return null;
          const value = fits ? (tensor.values[other * inWidth + unit] as number) : null;
          const strength = value === null ? 0.25 : Math.abs(value) / most;
          const colour = value === null ? palette.muted : palette.classColour(value < 0 ? 1 : 0);
          return (
            <path
              key={`${unit}-${other}`}
              d={edgePath(x0, heightOf(i, left.length, height), x1, heightOf(j, right.length, height))}
              fill="none"
              stroke={cssColour(colour, 0.25 + 0.6 * strength)}
              stroke-width={value === null ? 1 : 0.5 + 3.5 * strength}
            >
              {value !== null && <title>{value.toPrecision(4)}</title>}
            </path>
          );
        }),
      )}
    </g>
  );
}

function edgePath(x0: number, y0: number, x1: number, y1: number): string {
  const middle = (x0 + x1) / 2;
  return `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}`;
}
