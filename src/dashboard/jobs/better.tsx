/** Which of two models is better on rows that neither was trained on, and how certain that is. */
import type { ComparedScores } from "../../client/answers.ts";
import {
  betterText,
  type ComparedFigure,
  comparedLabel,
  comparedText,
  differenceText,
  probabilityText,
} from "../../client/better.ts";
import { useApp } from "../shell/app-context.ts";
import { formatCount, SCORE_FORMAT } from "../shell/format.ts";
import { asProblem } from "../shell/problem.ts";
import { useResource } from "../shell/resource.ts";
import { Card, Skeleton } from "../ui/surfaces.tsx";
import { type Column, Table } from "../ui/table.tsx";
import { OverSeeds } from "./over-seeds.tsx";

/** A model by its reference, and what it is called here. */
export interface NamedModel {
  readonly ref: string;
  readonly name: string;
}

interface PairProps {
  readonly a: NamedModel;
  readonly b: NamedModel;
}

const useCompared = ({ a, b }: PairProps) => {
  const { api } = useApp();
  return useResource((signal) => api.compareScores(a.ref, b.ref, {}, { signal }), [a.ref, b.ref]);
};

const namesOf = ({ a, b }: PairProps) => ({ a: a.name, b: b.name });

/** Every figure of both. */
export function Better(pair: PairProps) {
  const { data, error, reload } = useCompared(pair);
  return (
    <Card title="Which is better" flush>
      {!data && !error && <Skeleton height="120px" />}
      {error ? <p class="card-body muted">{asProblem(error).detail}</p> : null}
      {data && (
        <>
          <div class="card-body stack">
            <p>
              <Sentence compared={data} {...pair} />
            </p>
            <OverSeeds compared={data} names={namesOf(pair)} onFound={reload} />
          </div>
          <Table
            caption="Both models on the same rows"
            columns={columnsOf(pair)}
            rows={data.figures}
            keyOf={({ figure }) => figure}
          />
        </>
      )}
    </Card>
  );
}

/** The main figure of a model beside each of the others, a line each. */
export function BetterThan({ best, others }: { readonly best: NamedModel; readonly others: readonly NamedModel[] }) {
  return (
    <Card title="Which is better">
      <ul class="stack better-list">
        {others.map((other) => (
          <li key={other.ref}>
            <Line a={best} b={other} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Line(pair: PairProps) {
  const { data, error, reload } = useCompared(pair);
  if (error)
    return (
      <span class="muted">
        {pair.a.name} and {pair.b.name}: {asProblem(error).detail}
      </span>
    );
  if (!data) return <Skeleton height="20px" />;
  return (
    <div class="stack">
      <Sentence compared={data} {...pair} />
      <OverSeeds compared={data} names={namesOf(pair)} onFound={reload} />
    </div>
  );
}

function Sentence({ compared: { figures, rows, part }, a, b }: PairProps & { readonly compared: ComparedScores }) {
  const [main] = figures;
  if (!main) return <span class="muted">Neither has a figure on these rows.</span>;
  return (
    <span>
      {betterText(main, a.name, b.name)}: {comparedLabel(main)} {comparedText(main.a, main, SCORE_FORMAT)} and{" "}
      {comparedText(main.b, main, SCORE_FORMAT)} on the same {formatCount(rows)}{" "}
      {part === "dataset" ? "rows" : "rows, which neither was trained on"}.
    </span>
  );
}

function columnsOf({ a, b }: PairProps): readonly Column<ComparedFigure>[] {
  const of = (key: "a" | "b", title: string): Column<ComparedFigure> => ({
    key,
    title,
    numeric: true,
    render: (figure) => comparedText(figure[key], figure, SCORE_FORMAT),
  });
  return [
    { key: "figure", title: "Figure", render: (figure) => <span class="nowrap">{capitalised(comparedLabel(figure))}</span> },
    of("a", a.name),
    of("b", b.name),
    {
      key: "difference",
      title: "Difference (90 %)",
      numeric: true,
      render: (each) => differenceText(each, SCORE_FORMAT).replaceAll("-", "−"),
    },
    {
      key: "p",
      title: `p that ${a.name} is better`,
      numeric: true,
      render: ({ p_a_better: p }) => probabilityText(p),
    },
  ];
}

const capitalised = (text: string): string => `${text[0]?.toUpperCase()}${text.slice(1)}`;
