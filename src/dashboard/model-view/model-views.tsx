/** The views of a model: its predictions, evaluation, network and weights. For a job in training, what there is so far. */
import { useMemo, useState } from "preact/hooks";
import type { Job, JobRows, Model } from "../../client/answers.ts";
import { questionOf, searchOf, stepName } from "../../client/search.ts";
import { isOver, isTraining, layersOf } from "../jobs/job-reading.ts";
import { leaderboardOfModel } from "../jobs/leaderboard-rows.ts";
import { AskMoreData, mayAskMoreData } from "../learning-curve/ask-more-data.tsx";
import { CurveCard } from "../learning-curve/curve-card.tsx";
import { featuresOfModel, featuresOfRows } from "../plots/features.ts";
import { useApp } from "../shell/app-context.ts";
import { useResource } from "../shell/resource.ts";
import { Card, Empty, Notice, Problem, Skeleton } from "../ui/surfaces.tsx";
import { EnsembleSummary } from "./ensemble-summary.tsx";
import { Explorer } from "./explorer.tsx";
import { Histograms } from "./histograms.tsx";
import { LeaderboardCard } from "./leaderboard.tsx";
import { Network } from "./network.tsx";
import { ScoreCard } from "./score-card.tsx";
import { Scores } from "./scores.tsx";
import { modelSnapshot, type Snapshot, type Snapshots, useSnapshots } from "./snapshots.ts";
import { StepHistograms } from "./steps/step-histograms.tsx";
import { WarningCards } from "./warning-cards.tsx";
import { MAX_WEIGHTS, type ReadWeights, useWeights } from "./weights.ts";

const ROWS = 1000;

export interface ModelViewsProps {
  /** The job that trains or trained it; null if it was deleted or never existed. */
  readonly job: Job | null;
  /** Null until there is one. */
  readonly model: Model | null;
  /** The reference of the model, if only it is shown and no other snapshot of its job. */
  readonly only?: string;
}

export function ModelViews({ job, model, only }: ModelViewsProps) {
  const [snapshot, setSnapshot] = useState<Snapshot | null>(null);
  const parameters = model?.parameters ?? job?.parameters ?? 0;
  const isAverage = model ? model.layers[0]?.type === "ensemble" : job !== null && searchOf(job.spec) !== null;
  // Weights of an average are neither drawn nor read: they are those of dozens of networks.
  const weights = useWeights(isAverage ? Number.POSITIVE_INFINITY : parameters, model?.id ?? null, snapshot?.id ?? null);
  return (
    <div class="stack">
      {model?.score && <ScoreCard score={model.score} />}
      {model && job && !only && <WarningCards job={job} />}
      {model && <MoreData model={model} />}
      {model?.search && <LeaderboardCard leaderboard={leaderboardOfModel(model.search)} searching={false} />}
      <PredictionsCard job={job} model={model} {...(only && { only })} onSnapshot={setSnapshot} />
      <NetworkCard job={job} model={model} tensors={weights.tensors} />
      {model?.evaluation && (
        <section class="stack" aria-label="Evaluation">
          <h2 class="section-title">Evaluation</h2>
          <Scores evaluation={model.evaluation} outOfFold={model.score?.part === "out_of_fold"} job={job?.id ?? null} />
        </section>
      )}
      <WeightsCard
        weights={weights}
        parameters={parameters}
        isAverage={isAverage}
        isThere={model !== null || snapshot !== null}
      />
      {job && !isAverage && !questionOf(job.spec) && !only && snapshot?.epoch != null && (
        <StepHistograms job={job} epoch={snapshot.epoch} step={snapshot.step} />
      )}
    </div>
  );
}

/** The learning curve of a model, or the button that asks for one. */
function MoreData({ model }: { readonly model: Model }) {
  const curve = model.evaluation?.learning_curve;
  if (curve) return <CurveCard curve={curve} />;
  return mayAskMoreData(model) ? <AskMoreData model={model} /> : null;
}

/** Predictions over the features, with a slider through the training. */
function PredictionsCard({
  job,
  model,
  only,
  onSnapshot,
}: ModelViewsProps & { readonly onSnapshot: (snapshot: Snapshot | null) => void }) {
  const { api } = useApp();
  const rows = useResource(
    async (signal): Promise<JobRows | null> => (job ? api.jobRows(job.id, { limit: ROWS }, { signal }) : null),
    [job?.id],
  );
  const snapshots = useSnapshots(only ? null : job);
  const alone = only ?? (job ? null : (model?.id ?? null));
  const shown = useMemo(
    (): Snapshots => (alone ? { list: [modelSnapshot(api, alone, null)], known: true, error: null } : snapshots),
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
    <Card title="Predictions">
      {rows.error && !model ? <Problem error={rows.error} retry={rows.reload} /> : null}
      {shown.error ? <Problem error={shown.error} /> : null}
      {rows.loading && !rows.data ? (
        <Skeleton height="480px" />
      ) : features ? (
        <>
          {isWaiting && <Notice icon="clock">Predictions appear with the first checkpoint, and change with each one.</Notice>}
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
            onSnapshot={onSnapshot}
            isTraining={job !== null && isTraining(job)}
            step={job ? stepName(job.spec) : "epoch"}
          />
        </>
      ) : (
        <Empty icon="cube" title="Nothing to plot yet" />
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

/** The names of columns, the most important first. */
function byImportance(model: Model | null): string[] {
  const columns = [...(model?.evaluation?.importance?.columns ?? [])];
  return columns.sort((a, b) => (b.mean ?? 0) - (a.mean ?? 0)).map(({ column }) => column);
}

/** The network with the weights of the snapshot that is shown. */
function NetworkCard({ job, model, tensors }: ModelViewsProps & Pick<ReadWeights, "tensors">) {
  const layers = model?.layers ?? (job ? layersOf(job.spec) : []);
  const entries = model?.weights ?? tensors;
  const first = entries?.find(({ name }) => name === "0.weight");
  // Categories become several inputs each, which make the first layer wider than a row.
  const [{ type = "" } = {}] = layers;
  const isWidth = type === "linear" || type === "batch_ensemble_linear";
  const inputWidth = isWidth ? (first?.shape[1] ?? null) : (model?.input_width ?? null);
  const [ensemble] = layers;
  if (ensemble?.type === "ensemble" && layers.length === 1)
    return (
      <Card title="Network">
        <EnsembleSummary ensemble={ensemble} inputWidth={model?.input_width ?? null} />
      </Card>
    );
  if (layers.length === 0)
    return (
      <Card title="Network">
        <p class="muted">The network is drawn once there is a model.</p>
      </Card>
    );
  return (
    <Card title="Network" flush>
      <Network layers={layers} inputWidth={inputWidth} weights={entries} tensors={tensors} />
    </Card>
  );
}

interface WeightsCardProps {
  readonly weights: ReadWeights;
  readonly parameters: number;
  /** Whether they are of several networks. */
  readonly isAverage: boolean;
  /** Whether there is a model or a checkpoint whose weights can be read. */
  readonly isThere: boolean;
}

function WeightsCard({ weights: { tensors, error }, parameters, isAverage, isThere }: WeightsCardProps) {
  return (
    <Card title="Weights">
      {error ? <Problem error={error} /> : null}
      {isAverage ? (
        <p class="muted">The weights are of several networks: download the model to look at each.</p>
      ) : tensors ? (
        <Histograms tensors={tensors} />
      ) : parameters > MAX_WEIGHTS ? (
        <p class="muted">Weights are shown for networks of up to {MAX_WEIGHTS / 1e6} million.</p>
      ) : isThere ? (
        <Skeleton height="120px" />
      ) : (
        <p class="muted">Weights appear with the first checkpoint.</p>
      )}
    </Card>
  );
}
