/** Two models side by side: the numbers of both, and the differences of their specs and architectures. */
import type { Comparison } from "../../../client/answers.ts";
import { Better } from "../../jobs/better.tsx";
import { useApp } from "../../shell/app-context.ts";
import { formatCount, formatValue } from "../../shell/format.ts";
import { useResource } from "../../shell/resource.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Card, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { compareHref, modelHref, modelLabel } from "./model-text.ts";

export function CompareModels({ a, b }: { readonly a: string; readonly b: string }) {
  const { api } = useApp();
  const { data, error, reload } = useResource(() => api.compare(a, b), [a, b]);
  if (error && !data) return <Problem error={error} retry={reload} />;
  return data ? <Compared comparison={data} /> : <Skeleton height="360px" />;
}

type Pair = Comparison["metrics"][number];
type Change = Comparison["architecture"][number];

function Compared({ comparison: { a, b, metrics, evaluation, spec, architecture } }: { readonly comparison: Comparison }) {
  const names = [modelLabel(a), modelLabel(b)] as const;
  return (
    <div class="stack">
      <div class="row wrap">
        <h2 class="section-title">
          {names[0]} and <a href={modelHref(b)}>{names[1]}</a>
        </h2>
        <LinkButton small href={modelHref(a)} icon="x">
          Close the comparison
        </LinkButton>
        <LinkButton small href={compareHref(b.id, a.id)} icon="compare">
          Swap the models
        </LinkButton>
      </div>
      {a.id !== b.id && <Better a={{ ref: a.id, name: names[0] }} b={{ ref: b.id, name: names[1] }} />}
      <Card title="Evaluation" flush>
        <Table
          caption="Numbers of both evaluations"
          columns={pairColumns(names)}
          rows={evaluation}
          keyOf={({ pointer }) => pointer}
          empty={<p class="card-body muted">One of the models was not evaluated.</p>}
        />
      </Card>
      <Card title="Metrics" flush>
        <Table caption="Metrics of both" columns={pairColumns(names)} rows={metrics} keyOf={({ pointer }) => pointer} />
      </Card>
      <Card title="Spec" flush>
        <Table
          caption="Where the specs differ"
          columns={changeColumns(names)}
          rows={spec ?? []}
          keyOf={({ pointer }) => pointer}
          empty={
            <p class="card-body muted">
              {spec ? "Both have the same spec." : "The job of one of the models was deleted, or it was imported."}
            </p>
          }
        />
      </Card>
      <Card title="Architecture" flush>
        <Table
          caption="Where the architectures differ"
          columns={changeColumns(names)}
          rows={architecture}
          keyOf={({ pointer }) => pointer}
          empty={<p class="card-body muted">Both have the same architecture and preprocessing.</p>}
        />
      </Card>
    </div>
  );
}

/** Whole numbers are counts. */
const number = (value: number): string => (Number.isInteger(value) ? formatCount(value) : formatValue(value));

const pointerText = ({ pointer }: { readonly pointer: string }) => <code>{pointer.slice(1).replaceAll("/", " · ")}</code>;

function pairColumns([a, b]: readonly [string, string]): readonly Column<Pair>[] {
  return [
    { key: "pointer", title: "Number", sortBy: ({ pointer }) => pointer, render: pointerText },
    { key: "a", title: a, numeric: true, sortBy: (pair) => pair.a, render: (pair) => number(pair.a) },
    { key: "b", title: b, numeric: true, sortBy: (pair) => pair.b, render: (pair) => number(pair.b) },
    {
      key: "difference",
      title: "Difference",
      numeric: true,
      sortBy: ({ difference }) => difference,
      render: ({ difference }) => (difference > 0 ? `+${number(difference)}` : number(difference)),
    },
  ];
}

function changeColumns([a, b]: readonly [string, string]): readonly Column<Change>[] {
  const value = (shown: unknown) => <code>{shown === undefined ? "–" : JSON.stringify(shown)}</code>;
  return [
    { key: "pointer", title: "Where", sortBy: ({ pointer }) => pointer, render: pointerText },
    { key: "a", title: a, render: (change) => value(change.a) },
    { key: "b", title: b, render: (change) => value(change.b) },
  ];
}
