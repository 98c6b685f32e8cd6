/** The result of an audit: rows whose label is probably wrong, which are corrected here, and a job on the corrected table. */
import { useState } from "preact/hooks";
import type { Job, JobRows, Model } from "../../../client/answers.ts";
import { jobNameOf } from "../../../domain/jobs/job-name.ts";
import type { LabelAudit } from "../../../domain/models/label-audit.ts";
import { datasetOf } from "../../jobs/dataset-names.ts";
import { isOver } from "../../jobs/job-reading.ts";
import { valueColumns } from "../../model-view/worst-rows.tsx";
import { useApp } from "../../shell/app-context.ts";
import { formatCount, formatShare } from "../../shell/format.ts";
import { useResource } from "../../shell/resource.ts";
import { Button } from "../../ui/button.tsx";
import { Card, Empty, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";

/** Rows that are shown at first, and how many more on request. */
const SHOWN = 20;
/** Maximum classes offered for a correction; with more, only the label and the suggestion. */
const MAX_CHOICES = 100;

export function LabelsTab({ job }: { readonly job: Job }) {
  const { api } = useApp();
  const id = job.model?.id ?? null;
  const model = useResource(async (signal): Promise<Model | null> => (id === null ? null : api.model(id, { signal })), [id]);
  if (model.error) return <Problem error={model.error} retry={model.reload} />;
  const labels = model.data?.evaluation?.labels;
  if (labels && model.data) return <Labels job={job} labels={labels} classes={model.data.classes ?? []} />;
  if (isOver(job) && id === null)
    return (
      <div class="card">
        <Empty icon="clock" title="The job ended before it had looked at the labels" />
      </div>
    );
  return <Skeleton height="320px" />;
}

interface LabelsProps {
  readonly job: Job;
  readonly labels: LabelAudit;
  readonly classes: readonly string[];
}

function Labels({ job, labels: audit, classes }: LabelsProps) {
  const [count, setCount] = useState(SHOWN);
  const [chosen, setChosen] = useState<ReadonlyMap<number, string>>(new Map());
  const { rows, doubtful, labels } = audit;
  const isAny = doubtful > 0;
  const known = isAny ? labels.filter((label) => label.doubtful) : labels;
  const shown = known.slice(0, count);
  const { data: values } = useShownRows(
    job.id,
    shown.map(({ row }) => row),
  );
  const choose = (row: number, label: string | null) => {
    const next = new Map(chosen);
    if (label === null) next.delete(row);
    else next.set(row, label);
    setChosen(next);
  };
  const isTaken = shown.every(({ row, suggested }) => chosen.get(row) === suggested);
  const take = () => setChosen(isTaken ? new Map() : new Map(shown.map(({ row, suggested }) => [row, suggested])));
  const words = doubtful === 1 ? "1 label is probably wrong" : `${formatCount(doubtful)} labels are probably wrong`;
  return (
    <div class="stack">
      <Card
        title={isAny ? words : "No label is doubtful"}
        flush
        actions={
          isAny && (
            <Button small onClick={take}>
              {isTaken ? "Keep them all" : `Take ${shown.length === 1 ? "the suggestion" : `the ${shown.length} suggestions`}`}
            </Button>
          )
        }
      >
        <p class="muted card-body">
          {`Of ${formatCount(rows)} rows, each was predicted by models that have not seen it. `}
          {isAny
            ? "Look at a row before you correct it: an odd row may be right."
            : "These are the rows whose label got the least probability."}
        </p>
        <Table
          caption="Doubtful labels"
          rows={shown.map((label, place) => ({ ...label, place }))}
          keyOf={({ row }) => String(row)}
          columns={[...labelColumns(classes, chosen, choose), ...valueColumns(values ?? null)]}
        />
        {known.length > shown.length && (
          <div class="card-body">
            <Button onClick={() => setCount(count + SHOWN)}>{`Show more of ${formatCount(known.length)}`}</Button>
          </div>
        )}
      </Card>
      <Corrections job={job} chosen={chosen} />
    </div>
  );
}

function useShownRows(job: string, rows: readonly number[]) {
  const { api } = useApp();
  return useResource(
    async (signal): Promise<JobRows | null> => (rows.length === 0 ? null : api.jobRows(job, { rows }, { signal })),
    [job, rows.join()],
  );
}

type Shown = LabelAudit["labels"][number] & { readonly place: number };

const labelColumns = (
  classes: readonly string[],
  chosen: ReadonlyMap<number, string>,
  choose: (row: number, label: string | null) => void,
): readonly Column<Shown>[] => [
  { key: "row", title: "Row", numeric: true, sortBy: ({ row }) => row, render: ({ row }) => formatCount(row + 1) },
  {
    key: "label",
    title: "Label",
    sortBy: ({ label }) => label,
    render: ({ label }) => <span class="column-summary">{label}</span>,
  },
  {
    key: "correction",
    title: "Correction",
    render: ({ row, label, suggested }) => {
      const others = classes.length > MAX_CHOICES ? [suggested] : classes.filter((each) => each !== label);
      return (
        <select
          class="input"
          style={{ minWidth: "120px" }}
          aria-label={`Label of row ${row + 1}`}
          value={chosen.get(row) ?? label}
          onChange={({ currentTarget: { value } }) => choose(row, value === label ? null : value)}
        >
          {[label, ...others].map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      );
    },
  },
  {
    key: "suggested",
    title: "Suggested",
    sortBy: ({ suggested }) => suggested,
    render: ({ suggested, suggested_probability }) => (
      <span class="column-summary">{`${suggested} (${formatShare(suggested_probability)})`}</span>
    ),
  },
  {
    key: "probability",
    title: "Probability of the label",
    numeric: true,
    sortBy: ({ label_probability }) => label_probability,
    render: ({ label_probability }) => formatShare(label_probability),
  },
];

/** Stores the corrections as another data set, and trains on it if wanted. */
function Corrections({ job, chosen }: { readonly job: Job; readonly chosen: ReadonlyMap<number, string> }) {
  const { api, router, toasts } = useApp();
  const [busy, setBusy] = useState(false);
  const dataset = datasetOf(job.spec);
  const data = "dataset" in job.spec.data ? job.spec.data.dataset : null;
  if (dataset === null || !data) return null;
  if (chosen.size === 0) return <p class="muted">Corrections make another data set; this one stays as it is.</p>;
  const save = async (trains: boolean): Promise<void> => {
    setBusy(true);
    try {
      const [target = ""] = data.target;
      const { columns } = await api.dataset(dataset);
      const type = columns.find(({ name }) => name === target)?.type;
      const isNumber = type === "integer" || type === "number";
      const cells = [...chosen].map(([row, value]) => ({ row, value: isNumber ? Number(value) : value }));
      const corrected = await api.correct(dataset, { column: target, cells });
      if (!trains) return router.navigate(`/datasets/${corrected.id}`);
      const { features, task } = { ...data, task: job.spec.task };
      const trained = await api.submit({
        name: jobNameOf(`corrected ${corrected.name}`),
        data: { dataset: { id: corrected.id, target, features } },
        task,
      });
      toasts.say(`Corrected ${formatCount(cells.length)} ${cells.length === 1 ? "label" : "labels"}; the job trains on them.`);
      router.navigate(`/jobs/${trained.id}`);
    } catch (error) {
      toasts.fail(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div class="row wrap">
      <Button variant="primary" icon="bolt" busy={busy} onClick={() => void save(true)}>
        {`Save ${chosen.size === 1 ? "the correction" : `${formatCount(chosen.size)} corrections`} and train`}
      </Button>
      <Button icon="database" busy={busy} onClick={() => void save(false)}>
        Save as another data set
      </Button>
    </div>
  );
}
