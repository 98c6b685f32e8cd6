/** How much each parameter matters, by the measure that the server names, with its source. */
import { ApiError } from "../../../client/error.ts";
import { useApp } from "../../shell/app-context.ts";
import { formatCount, formatShare } from "../../shell/format.ts";
import { useResource } from "../../shell/resource.ts";
import { Card, Problem } from "../../ui/surfaces.tsx";
import type { TrialAxis } from "./plots/axes.ts";

export interface ImportanceProps {
  readonly sweep: string;
  readonly axes: readonly TrialAxis[];
  /** How many trials there are, and whether more may come. */
  readonly trials: number;
  readonly isOpen: boolean;
}

/** While the sweep runs, importance is read again when it has this many times the trials. */
const GROWTH = 1.25;

export function ImportanceCard({ sweep, axes, trials, isOpen }: ImportanceProps) {
  const { api } = useApp();
  const round = isOpen ? Math.floor(Math.log(Math.max(1, trials)) / Math.log(GROWTH)) : "end";
  const { data, error, reload } = useResource((signal) => api.sweepImportance(sweep, { signal }), [api, sweep, round]);
  // A server of an earlier version does not have it.
  if (error instanceof ApiError && error.problem.status === 404) return null;
  return (
    <Card title="Importance">
      {error ? <Problem error={error} retry={reload} /> : null}
      {data && (
        <div class="stack">
          {data.data.every(({ importance }) => importance === 0) ? (
            <p class="muted">The trials do not say yet which parameter matters.</p>
          ) : (
            <ol class="importances">
              {data.data.map(({ pointer, importance }) => (
                <li key={pointer}>
                  <span class="truncate" title={pointer}>
                    {axes.find(({ key }) => key === pointer)?.label ?? pointer}
                  </span>
                  <span class="importance-bar" aria-hidden="true">
                    <span style={{ width: `${100 * importance}%` }} />
                  </span>
                  <span class="num">{formatShare(importance)}</span>
                </li>
              ))}
            </ol>
          )}
          <p class="muted importance-source">
            {data.measure} of {formatCount(data.trials)} trials: how far the best tenth differs from all in a parameter.{" "}
            <Source text={data.source} />
          </p>
        </div>
      )}
    </Card>
  );
}

/** A publication; an address in it is a link. */
function Source({ text }: { readonly text: string }) {
  const url = /https:\/\/[^\s,]+/.exec(text)?.[0];
  if (!url) return <>{text}</>;
  const [before, after] = text.split(url);
  return (
    <>
      {before}
      <a href={url} rel="noreferrer">
        {url.replace("https://", "")}
      </a>
      {after}
    </>
  );
}
