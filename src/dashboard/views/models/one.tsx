/** One model: its plots and evaluation, predictions, versions, aliases and files. */
import { useState } from "preact/hooks";
import type { Job, Model } from "../../../client/answers.ts";
import { cardPath, onnxPath, weightsPath } from "../../../client/models.ts";
import { ModelViews } from "../../model-view/model-views.tsx";
import { PredictView } from "../../predict/predict-view.tsx";
import { useApp, useTitle } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { formatAgo, formatCount, formatTime, formatValue } from "../../shell/format.ts";
import { useResource } from "../../shell/resource.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Menu } from "../../ui/menu.tsx";
import { Facts, Problem, Skeleton, Tabs } from "../../ui/surfaces.tsx";
import { CompareModels } from "./compare.tsx";
import { modelLabel, TASK_LABELS } from "./model-text.ts";
import { Monitoring } from "./monitoring.tsx";
import { Versions } from "./versions.tsx";

interface ModelProps {
  readonly model: Model;
  /** The reference in the address. */
  readonly modelRef: string;
}

export interface OneModelProps {
  readonly modelRef: string;
  readonly query: URLSearchParams;
}

/** Whether a reference is a checkpoint's: it is shown as a model with its weights, but is not a version. */
const isCheckpoint = (ref: string): boolean => ref.startsWith("ckp_");

const TABS = [
  ["model", "Model"],
  ["predict", "Predict"],
  ["monitoring", "In use"],
  ["versions", "Versions"],
] as const;

export function OneModel({ modelRef, query }: OneModelProps) {
  const { api } = useApp();
  const { data, error, reload } = useResource((signal) => api.model(modelRef, { signal }), [modelRef]);
  useTitle(data ? modelLabel(data) : "Model");
  const other = query.get("with");
  const tab = TABS.find(([key]) => key === query.get("tab"))?.[0] ?? "model";
  const tabs = isCheckpoint(modelRef) ? TABS.slice(0, 2) : TABS;
  return (
    <div class="page">
      <nav class="breadcrumb" aria-label="Path">
        <a href="/models">Models</a>
        <Icon name="chevron_right" size={12} />
        <span class="truncate">{modelRef}</span>
      </nav>
      {error ? <Problem error={error} retry={reload} /> : null}
      {data ? (
        <>
          <Head model={data} modelRef={modelRef} />
          {other ? (
            <CompareModels a={modelRef} b={other} />
          ) : (
            <>
              <Tabs
                label="Views of the model"
                tabs={tabs.map(([key, label], index) => ({
                  href: `/models/${encodeURIComponent(modelRef)}${index === 0 ? "" : `?tab=${key}`}`,
                  label,
                  current: key === tab,
                }))}
              />
              {tab === "model" && <ModelTab model={data} modelRef={modelRef} />}
              {tab === "predict" && <PredictView model={data} modelRef={modelRef} />}
              {tab === "monitoring" && <Monitoring model={data} />}
              {tab === "versions" && <Versions model={data} onChange={reload} />}
            </>
          )}
        </>
      ) : (
        !error && <Waiting />
      )}
    </div>
  );
}

function Waiting() {
  return (
    <>
      <h1 tabIndex={-1}>
        <Skeleton width="200px" />
      </h1>
      <Skeleton height="66px" />
      <Skeleton height="480px" />
    </>
  );
}

function Head({ model, modelRef }: ModelProps) {
  const { name, version, aliases, task, threshold, parameters, created_at, receipt, job } = model;
  const now = useNow(5000);
  return (
    <>
      <div class="page-head">
        <h1 class="truncate" tabIndex={-1}>
          {name} <span class="muted">{isCheckpoint(modelRef) ? "checkpoint" : `v${version}`}</span>
        </h1>
        {aliases.map((alias) => (
          <span key={alias} class="badge plain" data-tone="active">
            {alias}
          </span>
        ))}
        <Actions model={model} modelRef={modelRef} />
      </div>
      <Facts
        facts={[
          { label: "Task", value: TASK_LABELS[task] },
          ...(threshold === null ? [] : [{ label: "Threshold", value: formatValue(threshold) }]),
          { label: "Parameters", value: formatCount(parameters) },
          { label: "Created", value: <span title={formatTime(created_at)}>{formatAgo(created_at, now)}</span> },
          { label: "Created by", value: job ? <a href={`/jobs/${job}`}>its job</a> : "an import" },
          { label: "Weights", value: <code title={receipt.weights_sha256}>{receipt.weights_sha256.slice(0, 12)}</code> },
        ]}
      />
    </>
  );
}

function Actions({ model, modelRef }: ModelProps) {
  const { api, router, toasts } = useApp();
  const [asking, setAsking] = useState(false);
  const remove = async (): Promise<void> => {
    try {
      await api.removeModel(model.id);
      toasts.say(`Deleted ${modelLabel(model)}.`);
      router.navigate("/models", { replace: true });
    } catch (error) {
      toasts.fail(error);
    }
  };
  const isStored = !isCheckpoint(modelRef);
  return (
    <div class="actions">
      {model.job && !model.search && (
        <LinkButton icon="copy" href={`/new?from=${model.job}&init_from=${isStored ? model.id : modelRef}`}>
          Continue training
        </LinkButton>
      )}
      <Menu
        label="Download"
        icon="download"
        items={[
          { label: "Weights", note: "safetensors", href: api.urlOf(weightsPath(modelRef)), download: "" },
          { label: "Model", note: "ONNX", href: api.urlOf(onnxPath(modelRef)), download: "" },
          ...(isStored ? [{ label: "Model card", note: "HTML", href: api.urlOf(cardPath(modelRef)), download: "" }] : []),
        ]}
      >
        Download
      </Menu>
      {isStored && (
        <Button icon="trash" variant="danger" onClick={() => setAsking(true)}>
          Delete
        </Button>
      )}
      {asking && (
        <Confirm
          title={`Delete ${modelLabel(model)}?`}
          action="Delete"
          icon="trash"
          danger
          onClose={() => setAsking(false)}
          onConfirm={() => void remove()}
        >
          Its weights are deleted for good. The job that trained it stays.
        </Confirm>
      )}
    </div>
  );
}

/** The model's views, with the data and the checkpoints of its job if that still exists. */
function ModelTab({ model, modelRef }: ModelProps) {
  const { api } = useApp();
  const job = useResource(
    async (signal): Promise<Job | null> => (model.job === null ? null : api.job(model.job, { signal }).catch(() => null)),
    [model.job],
  );
  if (job.loading && !job.data) return <Skeleton height="480px" />;
  return <ModelViews job={job.data} model={model} {...(isCheckpoint(modelRef) && { only: modelRef })} />;
}
