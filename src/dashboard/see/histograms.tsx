/** The weights of a model, tensor by tensor: how they are distributed. */
import { formatCount, formatValue } from "../shell/format.ts";
import type { ReadTensor } from "./safetensors.ts";

const BINS = 32;
const WIDTH = 200;
const HEIGHT = 56;

interface Distribution {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly sd: number;
  readonly counts: readonly number[];
}

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
  const most = Math.max(...counts, 1);
  const text = `mean ${formatValue(mean)}, sd ${formatValue(sd)}`;
  return (
    <figure class="histogram">
      <figcaption>
        <code>{name}</code>
        <span class="muted">
          {shape.join(" × ")} · {formatCount(values.length)}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={`${name}: ${text}`}>
        {counts.map((count, bin) => {
          const height = (count / most) * HEIGHT;
          return <rect key={bin} x={(bin * WIDTH) / BINS + 0.5} y={HEIGHT - height} width={WIDTH / BINS - 1} height={height} />;
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

/** Counts in bins of equal width between the least and the greatest value. */
export function distributionOf(values: Float32Array): Distribution {
  let [min, max, sum, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  const mean = sum / values.length;
  const counts = new Array<number>(BINS).fill(0);
  const scale = max > min ? BINS / (max - min) : 0;
  for (const value of values) {
    squares += (value - mean) ** 2;
    // Values that are all alike stand in the middle.
    counts[scale === 0 ? BINS / 2 : Math.min(BINS - 1, Math.floor((value - min) * scale))]! += 1;
  }
  return { min, max, mean, sd: Math.sqrt(squares / values.length), counts };
}
