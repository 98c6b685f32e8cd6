/** The versions of a model's name, and the aliases that point at them. */
import { useState } from "preact/hooks";
import type { Model } from "../../../client/answers.ts";
import { scoreOf } from "../../jobs/job-reading.ts";
import { useApp } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { formatAgo, formatTime, formatValue } from "../../shell/format.ts";
import { asProblem } from "../../shell/problem.ts";
import { useResource } from "../../shell/resource.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Card, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { compareHref, modelHref, modelLabel } from "./model-text.ts";

const LIMIT = 200;

/** `onChange` is called when an alias has changed. */
export function Versions({ model, onChange }: { readonly model: Model; readonly onChange: () => void }) {
  const { api } = useApp();
  const now = useNow(5000);
  const { data, error, reload } = useResource((signal) => api.versions(model.name, { limit: LIMIT }, { signal }), [model.name]);
  const refresh = () => {
    reload();
    onChange();
  };
  return (
    <div class="stack">
      <Aliases model={model} onChange={refresh} />
      <Card title={`Versions of ${model.name}`} flush>
        {error ? <Problem error={error} retry={reload} /> : null}
        {data ? (
          <Table caption="Versions" columns={columnsOf(model, now)} rows={data.data} keyOf={({ id }) => id} />
        ) : (
          <div class="card-body">
            <Skeleton height="120px" />
          </div>
        )}
      </Card>
    </div>
  );
}

function columnsOf(own: Model, now: number): readonly Column<Model>[] {
  return [
    {
      key: "version",
      title: "Version",
      sortBy: ({ version }) => version,
      render: (model) => (
        <a class="strong-link" href={modelHref(model)} aria-current={model.id === own.id ? "true" : undefined}>
          {model.version}
          {model.id === own.id && ", this one"}
        </a>
      ),
    },
    {
      key: "aliases",
      title: "Aliases",
      render: ({ aliases }) =>
        aliases.map((alias) => (
          <span key={alias} class="badge plain" data-tone="active">
            {alias}
          </span>
        )),
    },
    {
      key: "score",
      title: "Score",
      numeric: true,
      sortBy: (model) => Number(scoreOf(model)?.value),
      render: (model) => {
        const score = scoreOf(model);
        if (!score) return "–";
        return (
          <span title={score.sentence ?? undefined}>
            {score.text} <small class="muted">{score.label}</small>
          </span>
        );
      },
    },
    {
      key: "loss",
      title: "Loss",
      numeric: true,
      sortBy: ({ metrics }) => Number(metrics.best.loss),
      render: ({ metrics }) => formatValue(metrics.best.loss),
    },
    {
      key: "val_loss",
      title: "Validation loss",
      numeric: true,
      sortBy: ({ metrics }) => Number(metrics.best.val_loss),
      render: ({ metrics }) => formatValue(metrics.best.val_loss),
    },
    {
      key: "created",
      title: "Created",
      sortBy: ({ created_at }) => created_at,
      render: ({ created_at }) => <span title={formatTime(created_at)}>{formatAgo(created_at, now)}</span>,
    },
    {
      key: "compare",
      title: <span class="visually-hidden">Actions</span>,
      numeric: true,
      render: (model) =>
        model.id === own.id ? null : (
          <LinkButton small icon="compare" href={compareHref(own.id, model.id)} label={`Compare with ${modelLabel(model)}`}>
            Compare
          </LinkButton>
        ),
    },
  ];
}

function Aliases({ model, onChange }: { readonly model: Model; readonly onChange: () => void }) {
  const { api, toasts } = useApp();
  const [alias, setAlias] = useState("");
  const [error, setError] = useState<string | null>(null);
  const point = async (event: Event): Promise<void> => {
    event.preventDefault();
    setError(null);
    try {
      await api.setAlias(model.name, alias.trim(), model.version);
      toasts.say(`${model.name}@${alias.trim()} now points at version ${model.version}.`);
      setAlias("");
      onChange();
    } catch (failure) {
      const { errors, detail } = asProblem(failure);
      setError(errors?.[0]?.detail ?? detail);
    }
  };
  const remove = (name: string) => api.removeAlias(model.name, name).then(onChange, toasts.fail);
  return (
    <Card title="Aliases of this version">
      <div class="stack">
        <p class="muted">
          Requests for{" "}
          <code>
            {model.name}@{model.aliases[0] ?? "production"}
          </code>{" "}
          use the version that the alias points at. Moving the alias switches them at once.
        </p>
        {model.aliases.length > 0 && (
          <ul class="row wrap">
            {model.aliases.map((name) => (
              <li key={name} class="row">
                <span class="badge plain" data-tone="active">
                  {name}
                </span>
                <Button small variant="quiet" icon="x" label={`Remove the alias ${name}`} onClick={() => void remove(name)} />
              </li>
            ))}
          </ul>
        )}
        <form class="alias-form" onSubmit={(event) => void point(event)}>
          <TextField label="Alias" value={alias} error={error} placeholder="production" onInput={setAlias} />
          <Button type="submit" disabled={alias.trim() === ""}>
            Point alias here
          </Button>
        </form>
      </div>
    </Card>
  );
}
