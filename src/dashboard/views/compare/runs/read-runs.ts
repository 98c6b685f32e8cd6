/** Reads runs from MLflow's API: those that its clients have logged, and the server's own. Does not know how they are shown. */
import type { Transport } from "../../../../client/transport/transport.ts";

interface KeyValue {
  readonly key: string;
  readonly value: string;
}
interface WireMetric {
  readonly key: string;
  readonly value: number | "NaN";
  readonly step: number;
}
export interface Run {
  readonly info: {
    readonly run_id: string;
    readonly run_name: string;
    readonly experiment_id: string;
    readonly status: "RUNNING" | "SCHEDULED" | "FINISHED" | "FAILED" | "KILLED";
    readonly start_time: number;
    readonly end_time?: number;
  };
  readonly data: {
    readonly metrics: readonly WireMetric[];
    readonly params: readonly KeyValue[];
    readonly tags: readonly KeyValue[];
  };
}

/** The history of a metric. */
export interface Curve {
  readonly run: Run;
  readonly steps: readonly number[];
  readonly values: readonly number[];
}

const API = "api/2.0/mlflow";
/** Maximum pages of a history: charts of more points show no more. */
const MAX_PAGES = 20;

export const tagOf = ({ data }: Run, key: string): string | undefined => data.tags.find((tag) => tag.key === key)?.value;

/** Returns a page of runs, newest first, and the names of experiments; `own`: also jobs, sweeps and trials. */
export async function readRuns(transport: Transport, own: boolean, after: string | null, signal: AbortSignal) {
  const { experiments } = await transport.get<{ experiments: { experiment_id: string; name: string }[] }>(
    `${API}/experiments/search`,
    { max_results: 1000 },
    { signal },
  );
  const names = new Map(experiments.map(({ experiment_id, name }) => [experiment_id, name]));
  const { runs, next_page_token } = await transport.post<{ runs: Run[]; next_page_token?: string }>(
    `${API}/runs/search`,
    {
      experiment_ids: [...names.keys()],
      max_results: 100,
      ...(own ? {} : { filter: "tags.`trainyard.kind` IS NULL" }),
      ...(after === null ? {} : { page_token: after }),
    },
    undefined,
    { signal },
  );
  const data = runs.map((run) => ({ run, experiment: names.get(run.info.experiment_id) ?? "" }));
  return { data, has_more: next_page_token !== undefined, next_after: next_page_token ?? null };
}

/** Reads the history of a metric of a run. */
export async function readCurve(transport: Transport, run: Run, metric_key: string, signal: AbortSignal): Promise<Curve> {
  const points: WireMetric[] = [];
  let page_token: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { run_id: run.info.run_id, metric_key, page_token };
    const read = await transport.get<{ metrics: WireMetric[]; next_page_token?: string }>(`${API}/metrics/get-history`, query, {
      signal,
    });
    points.push(...read.metrics);
    page_token = read.next_page_token;
    if (page_token === undefined) break;
  }
  return { run, steps: points.map(({ step }) => step), values: points.map(({ value }) => Number(value)) };
}
