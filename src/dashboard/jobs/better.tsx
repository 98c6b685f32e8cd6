/** Which of two models is better on rows that neither was trained on, and how sure that is. */
import { useState } from "preact/hooks";
import type { ComparedScores, Job } from "../../client/answers.ts";
import {
  betterText,
  type ComparedFigure,
  comparedLabel,
  comparedText,
  differenceText,
  probabilityText,
} from "../../client/better.ts";
import { createQuestionsClient } from "../../client/questions/questions.ts";
import { betterOverSeedsText } from "../../client/questions/seeds.ts";
import { useApp } from "../shell/app-context.ts";
import { formatCount, SCORE_FORMAT } from "../shell/format.ts";
import { asProblem } from "../shell/problem.ts";
import { useResource } from "../shell/resource.ts";
import { Button } from "../ui/button.tsx";
import { Card, Skeleton } from "../ui/surfaces.tsx";
import { type Column, Table } from "../ui/table.tsx";

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

/** Every figure of both. */
export function Better(pair: PairProps) {
  const { data, error } = useCompared(pair);
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
            <OverSeeds compared={data} {...pair} />
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
  const { data, error } = useCompared(pair);
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
      <OverSeeds compared={data} {...pair} />
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

/** Which spec is better whatever its seed; where nobody has asked, a button that asks. */
function OverSeeds({ compared: { figures, seeds, part }, a, b }: PairProps & { readonly compared: ComparedScores }) {
  const { api } = useApp();
  const [jobs, setJobs] = useState<readonly Job[]>([]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [main] = figures;
  const text = main && betterOverSeedsText(main, seeds, a.name, b.name);
  if (text) return <span>{text}.</span>;
  if (!main || part === "dataset") return null;
  const ask = async (): Promise<void> => {
    setBusy(true);
    try {
      const questions = createQuestionsClient(api.transport);
      setJobs([await questions.seeds(a.ref, {}), await questions.seeds(b.ref, {})]);
    } catch (fault) {
      setError(fault);
    }
    setBusy(false);
  };
  if (error) return <span class="muted">{asProblem(error).detail}</span>;
  if (jobs.length === 0)
    return (
      <div class="row wrap">
        <Button small busy={busy} onClick={() => void ask()}>
          Train both with 10 other seeds
        </Button>
        <span class="muted">How much of it is the luck of the seed is not known yet.</span>
      </div>
    );
  return (
    <span class="muted">
      Both are trained again:{" "}
      {jobs.map(({ id, name }, place) => (
        <span key={id}>
          {place > 0 && ", "}
          <a href={`/jobs/${id}`}>{name}</a>
        </span>
      ))}
      . What they find stands here when they are done and the page is loaded again.
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
