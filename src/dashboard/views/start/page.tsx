/** From a table to a model that answers, on one page: how it was read, its target, one button, then all that comes of it. */
import { useMemo, useRef, useState } from "preact/hooks";
import type { Dataset } from "../../../client/answers.ts";
import { defaultTarget } from "../../datasets/default-target.ts";
import { holdDataset } from "../../datasets/kept-files.ts";
import { TableStart } from "../../datasets/table-start.tsx";
import { datasetSpec } from "../../request/dataset-spec.ts";
import { textOf } from "../../request/draft.ts";
import { RequestView } from "../../request/request-view.tsx";
import { useValidation, type Verdict } from "../../request/use-validation.ts";
import { VerdictCard } from "../../request/verdict-card.tsx";
import { useApp, useTitle } from "../../shell/app-context.ts";
import { useResource } from "../../shell/resource.ts";
import type { ViewProps } from "../../shell/view.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Problem, Skeleton } from "../../ui/surfaces.tsx";
import { ReadTable } from "./read-table.tsx";
import { Run } from "./run.tsx";

export default function StartPage({ query }: ViewProps) {
  const { router } = useApp();
  useTitle("From a table to a model");
  const id = query.get("dataset");
  return (
    <div class="page">
      <div class="page-head">
        <h1 tabIndex={-1}>From a table to a model</h1>
        {id && (
          <div class="actions">
            <LinkButton href="/start" icon="plus">
              Another table
            </LinkButton>
          </div>
        )}
      </div>
      {id ? (
        <Started id={id} target={query.get("target")} job={query.get("job")} />
      ) : (
        <section class="card card-body">
          <TableStart onTable={(dataset, target) => router.setQuery({ dataset: dataset.id, target })} />
        </section>
      )}
    </div>
  );
}

interface StartedProps {
  readonly id: string;
  readonly target: string | null;
  readonly job: string | null;
}

function Started({ id, target, job }: StartedProps) {
  const { api } = useApp();
  const { data, error, reload } = useResource((signal) => api.dataset(id, { signal }), [id]);
  if (error && data?.id !== id) return <Problem error={error} retry={reload} />;
  // While a table is read once more, the reading before stays.
  return data ? <Prepared dataset={data} target={target} job={job} /> : <Skeleton height="420px" />;
}

/** The columns that a job of a table shall not learn from; null: those that a search leaves out by itself. */
type LeftOut = ReadonlySet<string> | null;

/** Notes on columns that a search leaves out unless they are named. */
const LEFT_OUT_BY_ITSELF: ReadonlySet<string> = new Set([
  "id_like_column",
  "constant_column",
  "column_without_values",
  "duplicate_column",
  "text_left_out",
]);

function Prepared({ dataset, target, job }: Omit<StartedProps, "id"> & { readonly dataset: Dataset }) {
  const { router } = useApp();
  const chosen = useMemo(() => defaultTarget(dataset), [dataset]);
  const known = dataset.columns.some(({ name }) => name === target) ? target : null;
  const shown = known ?? chosen?.name ?? "";
  const [leftOut, setLeftOut] = useState<LeftOut>(null);
  const spec = useMemo(() => specOf(dataset, shown, leftOut), [dataset, shown, leftOut]);
  const text = useMemo(() => textOf(spec), [spec]);
  const verdict = useValidation({ text, isSweep: false, isComplete: shown !== "" });
  const { busy, error, submit } = useSubmission(text, dataset.id);
  const byItself = useLeftOutByItself(dataset, leftOut === null ? verdict : null);
  const request = (
    <details class="card request-behind">
      <summary>The request behind it</summary>
      <RequestView spec={spec} text={text} isSweep={false} />
    </details>
  );
  const table = (
    <ReadTable
      dataset={dataset}
      target={shown}
      why={shown === chosen?.name ? chosen.why : null}
      leftOut={leftOut ?? byItself}
      onTarget={(next) => router.setQuery({ target: next, job: null })}
      onLeftOut={(names) => setLeftOut(isSame(names, byItself) ? null : names)}
      onRead={(next) => router.setQuery({ dataset: next.id, job: null })}
    />
  );
  if (job)
    return (
      <>
        <Run id={job} />
        {request}
        {table}
      </>
    );
  return (
    <div class="new-job">
      <div class="stack">
        {table}
        {request}
      </div>
      <VerdictCard verdict={verdict} isSweep={false} busy={busy} error={error} onSubmit={submit} />
    </div>
  );
}

const isSame = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((name) => b.has(name));

/** The columns that a search leaves out by itself, as the newest answer to a spec that names none says; null keeps what was known. */
function useLeftOutByItself({ columns }: Dataset, verdict: Verdict | null): ReadonlySet<string> {
  const known = useRef<ReadonlySet<string>>(new Set());
  return useMemo(() => {
    if (!verdict?.valid) return known.current;
    const noted = verdict.valid.notes.flatMap(({ code, column }) =>
      column !== null && LEFT_OUT_BY_ITSELF.has(code) ? [column] : [],
    );
    const indices = columns.filter(({ role }) => role === "index").map(({ name }) => name);
    known.current = new Set([...noted, ...indices]);
    return known.current;
  }, [columns, verdict?.valid]);
}

/** The spec of a search over a table; columns are named only where the reader chose among them. */
function specOf({ id, name, columns }: Dataset, target: string, leftOut: LeftOut) {
  const spec = { name, ...datasetSpec(id, target) };
  if (leftOut === null) return spec;
  const features = columns.map((column) => column.name).filter((each) => each !== target && !leftOut.has(each));
  return { ...spec, data: { dataset: { id, target, features } } };
}

function useSubmission(text: string, dataset: string) {
  const { api, board, router } = useApp();
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const submit = async (): Promise<void> => {
    setState({ busy: true, error: null });
    try {
      holdDataset(dataset);
      const job = await api.submit(text);
      board.put(job);
      router.setQuery({ job: job.id });
      window.scrollTo({ top: 0 });
      setState({ busy: false, error: null });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return { ...state, submit: () => void submit() };
}
