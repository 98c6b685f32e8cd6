/** All there is to see of a model: what it says, how good it is, its network and its weights. For a job that trains, what there is so far. */
import { useMemo, useState } from "preact/hooks";
import type { Job, JobRows, Model } from "../../client/answers.ts";
import { isOver, isTraining } from "../jobs/job-reading.ts";
import { featuresOfModel, featuresOfRows } from "../plots/features.ts";
import { useApp } from "../shell/app-context.ts";
import { useResource } from "../shell/resource.ts";
import { Card, Empty, Notice, Problem, Skeleton } from "../ui/surfaces.tsx";
import { Explorer } from "./explorer.tsx";
import { Histograms } from "./histograms.tsx";
import { Network } from "./network.tsx";
import { Scores } from "./scores.tsx";
import { modelMoment, type Snapshots, useSnapshots } from "./snapshots.ts";
import { MOST_WEIGHTS, type ReadWeights, useWeights } from "./weights.ts";

const ROWS = 1000;

export interface ModelViewsProps {
  /** The job that trains or trained it; null where there is none any more. */
  readonly job: Job | null;
  /** Null as long as there is none. */
  readonly model: Model | null;
  /** How the model is asked for, where only it is looked at and none of the moments of its job. */
  readonly only?: string;
}

export function ModelViews({ job, model, only }: ModelViewsProps) {
  const [moment, setMoment] = useState<string | null>(null);
  const parameters = model?.parameters ?? job?.parameters ?? 0;
  const weights = useWeights(parameters, model?.id ?? null, moment);
  return (
    <div class="stack">
      <What job={job} model={model} {...(only && { only })} onMoment={setMoment} />
      <NetworkCard job={job} model={model} tensors={weights.tensors} />
      {model?.evaluation && (
        <section class="stack" aria-label="Evaluation">
          <h2 class="section-title">How good it is</h2>
          <Scores evaluation={model.evaluation} />
        </section>
      )}
      <WeightsCard weights={weights} parameters={parameters} isThere={model !== null || moment !== null} />
    </div>
  );
}

/** The picture over its features, and the slider through its training. */
function What({ job, model, only, onMoment }: ModelViewsProps & { readonly onMoment: (id: string | null) => void }) {
  const { api } = useApp();
  const rows = useResource(
    async (signal): Promise<JobRows | null> => (job ? api.jobRows(job.id, { limit: ROWS }, { signal }) : null),
    [job?.id],
  );
  const snapshots = useSnapshots(only ? null : job);
  const alone = only ?? (job ? null : (model?.id ?? null));
  const shown = useMemo(
    (): Snapshots => (alone ? { list: [modelMoment(api, alone, null)], known: true, error: null } : snapshots),
    [alone, snapshots, api],
  );
  const features = useMemo(
    () => (rows.data ? featuresOfRows(rows.data) : model ? featuresOfModel(model) : null),
    [rows.data, model],
  );
  const preferred = useMemo(() => byImportance(model), [model]);
  const task = job?.spec.task ?? model?.task;
  const isWaiting = shown.list.length === 0 && (!shown.known || (job !== null && !isOver(job)));
  return (
    <Card title="What it says">
      {rows.error && !model ? <Problem error={rows.error} retry={rows.reload} /> : null}
      {shown.error ? <Problem error={shown.error} /> : null}
      {rows.loading && !rows.data ? (
        <Skeleton height="480px" />
      ) : features ? (
        <>
          {isWaiting && (
            <Notice icon="clock">What it has learnt is drawn from its first checkpoint on, and redrawn with each one.</Notice>
          )}
          <Explorer
            features={features}
            width={widthOf(job, model, features.length)}
            mayMiss={job ? "dataset" in job.spec.data : model?.targets.length !== 0}
            rows={rows.data}
            classes={model?.classes ?? null}
            isRegression={task === "regression"}
            snapshots={shown.list}
            job={job?.id ?? null}
            epochs={job?.spec.epochs ?? 0}
            preferred={preferred}
            onMoment={onMoment}
            isTraining={job !== null && isTraining(job)}
          />
        </>
      ) : (
        <Empty icon="cube" title="Nothing to draw yet" />
      )}
    </Card>
  );
}

/** How many values a row has. */
function widthOf(job: Job | null, model: Model | null, shown: number): number {
  if (model?.inputs) return Math.max(model.inputs.length, shown);
  const data = job?.spec.data;
  if (!data) return shown;
  if ("dataset" in data) return data.dataset.features.length;
  if ("inline" in data) return data.inline.features;
  return data.generator.type === "blobs" ? data.generator.features : shown;
}

/** Columns, those that matter most first. */
function byImportance(model: Model | null): string[] {
  const columns = [...(model?.evaluation?.importance?.columns ?? [])];
  return columns.sort((a, b) => (b.mean ?? 0) - (a.mean ?? 0)).map(({ column }) => column);
}

/** With the weights of the moment that is looked at. */
function NetworkCard({ job, model, tensors }: ModelViewsProps & Pick<ReadWeights, "tensors">) {
  const layers = model?.layers ?? job?.spec.model.layers ?? [];
  const entries = model?.weights ?? tensors;
  const first = entries?.find(({ name }) => name === "0.weight");
  // Columns that are looked up in tables make the first layer wider than its rows.
  const inputWidth = layers[0]?.type === "linear" ? (first?.shape[1] ?? null) : (model?.input_width ?? null);
  return (
    <Card title="Network" flush>
      <Network layers={layers} inputWidth={inputWidth} weights={entries} tensors={tensors} />
    </Card>
  );
}

interface WeightsCardProps {
  readonly weights: ReadWeights;
  readonly parameters: number;
  /** Whether there is a model or a checkpoint that has some. */
  readonly isThere: boolean;
}

function WeightsCard({ weights: { tensors, error }, parameters, isThere }: WeightsCardProps) {
  return (
    <Card title="Weights">
      {error ? <Problem error={error} /> : null}
      {tensors ? (
        <Histograms tensors={tensors} />
      ) : parameters > MOST_WEIGHTS ? (
        <p class="muted">A network of more than {MOST_WEIGHTS / 1e6} million weights is not read into the page.</p>
      ) : isThere ? (
        <Skeleton height="120px" />
      ) : (
        <p class="muted">There are none to show before the first checkpoint.</p>
      )}
    </Card>
  );
}
