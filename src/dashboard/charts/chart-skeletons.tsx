/** Placeholders of charts while their points are read: of the final height, so that nothing moves. */
import { Skeleton } from "../ui/surfaces.tsx";

/** One chart for each height, in px. */
export function ChartSkeletons({ heights }: { readonly heights: readonly number[] }) {
  return (
    <div class="chart-grid" aria-busy="true">
      {heights.map((height, index) => (
        <figure class="chart" key={index}>
          <figcaption>
            <Skeleton width="80px" height="14px" />
          </figcaption>
          <div class="plot" style={{ height: `${height}px` }} />
        </figure>
      ))}
    </div>
  );
}
