/** Histograms of a model's weights, one for each tensor. */
import { BINS, distributionOf } from "../plots/distribution.ts";
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
