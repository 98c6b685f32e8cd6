/** The view that submits a job: data, network and training as a form or as JSON, checked while it is written. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Job } from "../../../client/answers.ts";
import { useApp, useTitle } from "../../shell/app-context.ts";
import { asProblem } from "../../shell/problem.ts";
import type { ViewProps } from "../../shell/view.ts";
import { Segments } from "../../ui/field.tsx";
import { Notice, Problem } from "../../ui/surfaces.tsx";
import { cloneSpec } from "./clone.ts";
import { DataSection } from "./data-section.tsx";
import { isObject, type Json, type JsonObject, textOf, valueAt, withValue } from "./draft.ts";
import { SpecFormProvider } from "./form-context.tsx";
import { JsonEditor } from "./json-editor.tsx";
import { isSearch, ModelSection } from "./model-section.tsx";
import { NetworkSection } from "./network-section.tsx";
import { PresetShelf } from "./preset-shelf.tsx";
import { datasetSpec, PRESETS } from "./presets.ts";
import { RequestView } from "./request-view.tsx";
import { TrainingSection } from "./training-section.tsx";
import { useValidation } from "./use-validation.ts";
import { VerdictCard } from "./verdict-card.tsx";

type Mode = "form" | "json";

const MODES = [
  { value: "form", label: "Form" },
  { value: "json", label: "JSON" },
] as const;

/** Most inline rows of a job that are read back for its clone. */
const CLONED_ROWS = 5000;

/** What the form begins with empty: until it is chosen there is nothing to ask the server. */
const CHOICES = ["/data/dataset/id", "/data/dataset/target"];

export default function NewJobPage({ query }: ViewProps) {
  useTitle("New job");
  const draft = useDraft();
  const origin = useOrigin(query, draft.replace);
  const isComplete = draft.fault === null && CHOICES.every((pointer) => valueAt(draft.spec, pointer) !== "");
  const verdict = useValidation(draft.text, isComplete);
  const submission = useSubmission(draft.text);
  const form = useMemo(() => ({ spec: draft.spec, faults: verdict.faults, set: draft.set }), [draft.spec, verdict.faults]);
  const [mode, setMode] = useState<Mode>("form");
  return (
    <div class="page">
      <div class="page-head">
        <h1 tabIndex={-1}>New job</h1>
        <div class="actions">
          <Segments<Mode> label="Write it as" value={mode} options={MODES} onChange={(next) => setMode(next)} />
        </div>
      </div>
      {origin.error ? <Problem error={origin.error} /> : null}
      {origin.notes.map((note) => (
        <Notice key={note} tone="warn" icon="alert">
          {note}
        </Notice>
      ))}
      <PresetShelf onChoose={draft.replace} />
      <div class="new-job">
        <div class="stack">
          {mode === "json" || draft.fault !== null ? (
            <JsonEditor text={draft.text} fault={draft.fault} faults={verdict.faults} onInput={draft.write} />
          ) : (
            <SpecFormProvider value={form}>
              <DataSection />
              <ModelSection valid={verdict.valid} />
              {!isSearch(draft.spec) && (
                <>
                  <NetworkSection valid={verdict.valid} />
                  <TrainingSection />
                </>
              )}
            </SpecFormProvider>
          )}
          <RequestView spec={draft.spec} text={draft.text} />
        </div>
        <VerdictCard verdict={verdict} busy={submission.busy} error={submission.error} onSubmit={submission.submit} />
      </div>
    </div>
  );
}

const FIRST = PRESETS.find(({ key }) => key === "mlp")?.spec(null) ?? {};

/** The spec and its text: whichever was changed last determines the other. */
function useDraft() {
  const [draft, setDraft] = useState<{ spec: JsonObject; text: string; fault: string | null }>(() => ({
    spec: FIRST,
    text: textOf(FIRST),
    fault: null,
  }));
  return useMemo(
    () => ({
      ...draft,
      replace: (spec: JsonObject) => setDraft({ spec, text: textOf(spec), fault: null }),
      set: (pointer: string, value: Json | undefined) =>
        setDraft(({ spec }) => {
          const next = withValue(spec, pointer, value);
          return { spec: next, text: textOf(next), fault: null };
        }),
      write: (text: string) => setDraft(({ spec }) => ({ text, ...parsed(text, spec) })),
    }),
    [draft],
  );
}

/** The spec of a text; while that is not a spec, the one before. */
function parsed(text: string, before: JsonObject): { spec: JsonObject; fault: string | null } {
  try {
    const spec = JSON.parse(text) as Json;
    return isObject(spec) ? { spec, fault: null } : { spec: before, fault: "A job spec must be a JSON object: { … }." };
  } catch (error) {
    return { spec: before, fault: `This is not valid JSON: ${(error as Error).message}` };
  }
}

/** Starts from what the address names: a job's spec, a data set, a checkpoint or model. */
function useOrigin(query: URLSearchParams, replace: (spec: JsonObject) => void) {
  const { api } = useApp();
  const [state, setState] = useState<{ error: unknown; notes: readonly string[] }>({ error: null, notes: [] });
  const from = query.get("from");
  const dataset = query.get("dataset");
  const start = query.get("init_from");
  useEffect(() => {
    setState({ error: null, notes: [] });
    if (from) {
      void readClone(api, from).then(
        ({ spec, notes }) => {
          replace(start ? startedFrom(spec, start) : spec);
          setState({ error: null, notes });
        },
        (error: unknown) => setState({ error, notes: [] }),
      );
    } else if (dataset) replace(datasetSpec(dataset, ""));
    else if (start) replace(startedFrom(FIRST, start));
  }, [api, from, dataset, start]);
  return state;
}

async function readClone(api: ReturnType<typeof useApp>["api"], id: string) {
  const job: Job = await api.job(id);
  const rows = "inline" in job.spec.data ? await api.jobRows(id, { limit: CLONED_ROWS }) : null;
  return cloneSpec(job, rows);
}

/** A spec whose weights start as those of a checkpoint or model. */
function startedFrom(spec: JsonObject, id: string): JsonObject {
  return { ...spec, init_from: id.startsWith("ckp_") ? { checkpoint: id } : { model: id } };
}

function useSubmission(text: string) {
  const { api, router, toasts } = useApp();
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const submit = async (): Promise<void> => {
    setState({ busy: true, error: null });
    try {
      const job = await api.submit(text);
      router.navigate(`/jobs/${job.id}`);
    } catch (error) {
      setState({ busy: false, error });
      toasts.fail(asProblem(error).title);
    }
  };
  return { ...state, submit: () => void submit() };
}
