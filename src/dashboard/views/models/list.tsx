/** All models, newest first: every version, with a search, and a choice of two to compare. */
import { useState } from "preact/hooks";
import type { Model } from "../../../client/answers.ts";
import { baselineText, figureText, mainFigure } from "../../../client/score.ts";
import { scoreOf } from "../../jobs/job-reading.ts";
import { useApp, useTitle } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { formatAgo, formatCount, formatTime, SCORE_FORMAT } from "../../shell/format.ts";
import { usePages } from "../../shell/pages.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Empty, ListSkeleton, Problem } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { compareHref, modelHref, modelLabel, TASK_LABELS } from "./model-text.ts";

const PAGE = 100;

export function ModelList({ query }: { readonly query: URLSearchParams }) {
  const { api, router } = useApp();
  useTitle("Models");
  const pages = usePages((after, signal) => api.models({ after, limit: PAGE }, { signal }), []);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const search = query.get("q") ?? "";
  const found = pages.items?.filter((model) => textOf(model).includes(search.toLowerCase())) ?? null;
  // Two can be compared: a third replaces the first.
  const toggle = (id: string) =>
    setChosen((now) => (now.includes(id) ? now.filter((each) => each !== id) : [...now, id].slice(-2)));
  const [a, b] = chosen;
  return (
    <div class="page">
      <div class="page-head">
        <h1 tabIndex={-1}>Models</h1>
        <div class="actions">
          {a && b ? (
            <LinkButton variant="primary" icon="compare" href={compareHref(a, b)}>
              Compare the two
            </LinkButton>
          ) : (
            <span class="muted model-hint">{a ? "Choose one more to compare" : "Choose two to compare"}</span>
          )}
        </div>
      </div>
      <div class="list-tools">
        <div class="search">
          <Icon name="search" />
          <input
            type="search"
            class="input"
            aria-label="Search models by name, alias or task"
            placeholder="Search models"
            value={search}
            onInput={(event) => router.setQuery({ q: event.currentTarget.value || null })}
          />
        </div>
      </div>
      {pages.error ? <Problem error={pages.error} retry={pages.reload} /> : null}
      <div class="card">{found ? <Models models={found} chosen={chosen} onToggle={toggle} /> : <ListSkeleton />}</div>
      {pages.hasMore && (
        <Button busy={pages.loading} onClick={pages.loadMore}>
          Load {PAGE} more
        </Button>
      )}
    </div>
  );
}

const textOf = ({ name, id, aliases, task }: Model): string =>
  [name, id, ...aliases, TASK_LABELS[task]].join(" ").toLowerCase();

interface ModelsProps {
  readonly models: readonly Model[];
  readonly chosen: readonly string[];
  onToggle(id: string): void;
}

function Models({ models, chosen, onToggle }: ModelsProps) {
  const now = useNow(5000);
  return (
    <Table
      caption="Models"
      columns={columnsOf(now, chosen, onToggle)}
      rows={models}
      keyOf={({ id }) => id}
      empty={
        <Empty
          icon="cube"
          title="No models yet"
          action={
            <LinkButton href="/new" variant="primary" icon="plus">
              New job
            </LinkButton>
          }
        >
          Every job that succeeds stores one.
        </Empty>
      }
    />
  );
}

function columnsOf(now: number, chosen: readonly string[], onToggle: (id: string) => void): readonly Column<Model>[] {
  return [
    {
      key: "chosen",
      title: <span class="visually-hidden">Compare</span>,
      render: (model) => (
        <input
          type="checkbox"
          aria-label={`Compare ${modelLabel(model)}`}
          checked={chosen.includes(model.id)}
          onChange={() => onToggle(model.id)}
        />
      ),
    },
    {
      key: "name",
      title: "Name",
      sortBy: ({ name }) => name.toLowerCase(),
      render: (model) => (
        <span class="row">
          <a class="strong-link" href={modelHref(model)}>
            {model.name}
          </a>
          <span class="muted">v{model.version}</span>
          {model.aliases.map((alias) => (
            <span key={alias} class="badge plain" data-tone="active">
              {alias}
            </span>
          ))}
        </span>
      ),
    },
    { key: "score", title: "Score", numeric: true, sortBy: sortedScore, render: Score },
    { key: "task", title: "Task", sortBy: ({ task }) => task, render: ({ task }) => TASK_LABELS[task] },
    {
      key: "parameters",
      title: "Parameters",
      numeric: true,
      sortBy: ({ parameters }) => parameters,
      render: ({ parameters }) => formatCount(parameters),
    },
    {
      key: "created",
      title: "Created",
      sortBy: ({ created_at }) => created_at,
      render: ({ created_at }) => <span title={formatTime(created_at)}>{formatAgo(created_at, now)}</span>,
    },
    {
      key: "predict",
      title: <span class="visually-hidden">Actions</span>,
      numeric: true,
      render: (model) => (
        <LinkButton small icon="bolt" href={`${modelHref(model)}?tab=predict`} label={`Predict with ${modelLabel(model)}`}>
          Predict
        </LinkButton>
      ),
    },
  ];
}

function sortedScore(model: Model): number | null {
  const value = scoreOf(model)?.value;
  return value === undefined || value === null ? null : Number(value);
}

function Score(model: Model) {
  const score = scoreOf(model);
  if (!score) return "–";
  const { text, label, sentence } = score;
  return (
    <span title={sentence ?? undefined}>
      {text} <small class="muted">{label}</small>
      {model.score && <Beside score={model.score} />}
    </span>
  );
}

/** The scores of a constant answer and a straight line on the same rows. */
function Beside({ score }: { readonly score: NonNullable<Model["score"]> }) {
  const figure = mainFigure(score);
  const text = (value: number | null) => figureText(value, figure, SCORE_FORMAT);
  return (
    <small class="muted score-beside">
      {baselineText(score)} {text(figure.baseline)}
      {figure.linear !== null && <>, line {text(figure.linear)}</>}
    </small>
  );
}
