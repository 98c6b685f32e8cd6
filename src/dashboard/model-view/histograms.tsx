/** Histograms of a model's weights, one for each tensor. */
import type { TensorFigures } from "../../client/answers.ts";
import { distributionOf } from "../plots/distribution.ts";
import { formatCount, formatValue } from "../shell/format.ts";
import type { ReadTensor } from "./safetensors.ts";

const WIDTH = 200;
const HEIGHT = 56;

export function Histograms({ tensors }: { readonly tensors: readonly ReadTensor[] }) {
  return (
    <ul class="histograms">
      {tensors.map((tensor) => (
        <li key={tensor.name}>
          <Histogram tensor={tensor} />
        </li>
      ))}
    </ul>
  );
}

function Histogram({ tensor: { name, shape, values } }: { readonly tensor: ReadTensor }) {
  const { min, max, mean, sd, counts } = distributionOf(values);
  return <HistogramFigure {...{ name, shape, min, max, counts }} text={`mean ${formatValue(mean)}, sd ${formatValue(sd)}`} />;
}

export interface HistogramFigureProps {
  readonly name: string;
  readonly shape: readonly number[];
  readonly min: TensorFigures["min"];
  readonly max: TensorFigures["max"];
  /** In bins of equal width from the smallest to the greatest. */
  readonly counts: readonly number[];
  /** What is said below. */
  readonly text: string;
}

export function HistogramFigure({ name, shape, min, max, counts, text }: HistogramFigureProps) {
  const most = Math.max(...counts, 1);
  return (
    <figure class="histogram">
      <figcaption>
        <code>{name}</code>
        <span class="muted">
          {shape.join(" × ")} · {formatCount(shape.reduce((product, size) => product * size, 1))}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${name}: ${text}`}>
        {counts.map((count, bin) => {
          const [width, height] = [WIDTH / counts.length, (count / most) * HEIGHT];
          return <rect key={bin} x={bin * width + 0.5} y={HEIGHT - height} width={width - 1} height={height} />;
        })}
      </svg>
      <span class="histogram-ends muted">
        <span>{formatValue(min)}</span>
        <span>{formatValue(max)}</span>
      </span>
      <span class="muted">{text}</span>
    </figure>
  );
}
