/** The view that submits a job: data, network and training as a form or as JSON, checked while the user writes. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { Job } from "../../../client/answers.ts";
import { cloneSpec } from "../../request/clone.ts";
import { datasetSpec } from "../../request/dataset-spec.ts";
import { isObject, type Json, type JsonObject, textOf, valueAt, withValue } from "../../request/draft.ts";
import { RequestView } from "../../request/request-view.tsx";
import { useValidation } from "../../request/use-validation.ts";
import { VerdictCard } from "../../request/verdict-card.tsx";
import type { Api } from "../../shell/api.ts";
import { useApp, useTitle } from "../../shell/app-context.ts";
import { asProblem } from "../../shell/problem.ts";
import type { ViewProps } from "../../shell/view.ts";
import { LinkButton } from "../../ui/button.tsx";
import { Segments } from "../../ui/field.tsx";
import { Notice, Problem } from "../../ui/surfaces.tsx";
import { DataSection } from "./data-section.tsx";
import { SpecFormProvider } from "./form-context.tsx";
import { JsonEditor } from "./json-editor.tsx";
import { isSearch, ModelSection } from "./model-section.tsx";
import { NetworkSection } from "./network-section.tsx";
import { PresetShelf } from "./preset-shelf.tsx";
import { PRESETS } from "./presets.ts";
import { cloneSweep, cloneTrial } from "./sweep/clone-sweep.ts";
import { afterChange, afterMove, type Draft, draftOf, jobFaults, requestOf, withRange } from "./sweep/sweep-draft.ts";
import { SweepSection } from "./sweep/sweep-section.tsx";
import { TrainingSection } from "./training-section.tsx";

type Mode = "form" | "json";

const MODES = [
  { value: "form", label: "Form" },
  { value: "json", label: "JSON" },
] as const;

/** Maximum inline rows of a job that are read back for its clone. */
const CLONED_ROWS = 5000;

/** The form starts without a source: until it is chosen there is nothing to ask the server. */
const CHOICES = ["/data/dataset/id", "/data/dataset/target"];

export default function NewJobPage({ query }: ViewProps) {
  useTitle("New job");
  const draft = useDraft();
  const origin = useOrigin(query, draft.replace);
  const isComplete = draft.fault === null && CHOICES.every((pointer) => valueAt(draft.spec, pointer) !== "");
  const isSweep = draft.sweep !== null;
  const verdict = useValidation({ text: draft.text, isSweep, isComplete });
  const submission = useSubmission(draft.text, isSweep);
  const form = useMemo(() => {
    const { spec, sweep, set, setSweep, vary, setItems } = draft;
    const faults = isSweep ? jobFaults(verdict.faults) : verdict.faults;
    return { spec, sweep, faults, sweepFaults: verdict.faults, set, setSweep, vary, setItems };
  }, [draft, verdict.faults]);
  const [mode, setMode] = useState<Mode>("form");
  return (
    <div class="page">
      <div class="page-head">
        <h1 tabIndex={-1}>New job</h1>
        <div class="actions">
          <LinkButton href="/playground" icon="bolt" variant="quiet">
            Playground
          </LinkButton>
          <Segments<Mode> label="Write it as" value={mode} options={MODES} onChange={(next) => setMode(next)} />
        </div>
      </div>
      {origin.error ? <Problem error={origin.error} /> : null}
      {origin.notes.map((note) => (
        <Notice key={note} tone="warn" icon="alert">
          {note}
        </Notice>
      ))}
      <PresetShelf onChoose={(spec) => draft.replace({ spec, sweep: null })} />
      <div class="new-job">
        <div class="stack">
          {mode === "json" || draft.fault !== null ? (
            <JsonEditor
              title={isSweep ? "Sweep as JSON" : "Job spec as JSON"}
              text={draft.text}
              fault={draft.fault}
              faults={verdict.faults}
              onInput={draft.write}
            />
          ) : (
            <SpecFormProvider value={form}>
              <DataSection />
              <ModelSection valid={verdict.valid} />
              {!isSearch(draft.spec) && (
                <>
                  <NetworkSection valid={verdict.valid} />
                  <TrainingSection />
                  <SweepSection job={verdict.valid?.spec ?? null} />
                </>
              )}
            </SpecFormProvider>
          )}
          <RequestView spec={draft.body} text={draft.text} isSweep={isSweep} />
        </div>
        <VerdictCard
          verdict={verdict}
          isSweep={isSweep}
          busy={submission.busy}
          error={submission.error}
          onSubmit={submission.submit}
        />
      </div>
    </div>
  );
}

const FIRST = PRESETS.find(({ key }) => key === "mlp")?.spec(null) ?? {};

interface Shown extends Draft {
  readonly text: string;
  /** Why the text is not a spec. */
  readonly fault: string | null;
}

const shown = (draft: Draft): Shown => ({ ...draft, text: textOf(requestOf(draft)), fault: null });

/** What is written and its text: whichever was changed last determines the other. */
function useDraft() {
  const [draft, setDraft] = useState<Shown>(() => shown({ spec: FIRST, sweep: null }));
  return useMemo(() => {
    const change = (next: (now: Draft) => Draft) => setDraft((now) => shown(next(now)));
    return {
      ...draft,
      body: requestOf(draft),
      replace: (next: Draft) => setDraft(shown(next)),
      set: (pointer: string, value: Json | undefined) =>
        change(({ spec: before, sweep }) => {
          const spec = withValue(before, pointer, value);
          return { spec, sweep: isSearch(spec) ? null : afterChange({ spec, sweep }, pointer) };
        }),
      setSweep: (pointer: string, value: Json | undefined) =>
        change(({ spec, sweep }) => ({ spec, sweep: sweep && withValue(sweep, pointer, value) })),
      vary: (pointer: string, range: Json | null) =>
        change((now) => ({ spec: now.spec, sweep: withRange(now, pointer, range) })),
      setItems: (pointer: string, items: readonly Json[], origins: readonly (number | null)[]) =>
        change((now) => ({ spec: withValue(now.spec, pointer, items), sweep: afterMove(now, pointer, origins) })),
      write: (text: string) => setDraft((now) => ({ text, ...parsed(text, now) })),
    };
  }, [draft]);
}

/** The draft of a text; while that is not a spec, the one before. */
function parsed(text: string, { spec, sweep }: Draft): Draft & Pick<Shown, "fault"> {
  const before = { spec, sweep };
  try {
    const body = JSON.parse(text) as Json;
    if (isObject(body)) return { ...draftOf(body), fault: null };
    return { ...before, fault: "A job spec must be a JSON object: { … }." };
  } catch (error) {
    return { ...before, fault: `This is not valid JSON: ${(error as Error).message}` };
  }
}

/** Starts from what the address names: a job's spec, a sweep or its trial, a data set, a checkpoint or model. */
function useOrigin(query: URLSearchParams, replace: (draft: Draft) => void) {
  const { api } = useApp();
  const [state, setState] = useState<{ error: unknown; notes: readonly string[] }>({ error: null, notes: [] });
  const [from, sweep, trial, dataset, start, rate] = ["from", "sweep", "trial", "dataset", "init_from", "lr"].map((name) =>
    query.get(name),
  );
  useEffect(() => {
    setState({ error: null, notes: [] });
    const cloned = (reading: Promise<Draft & { readonly notes: readonly string[] }>) =>
      void reading.then(
        ({ notes, ...draft }) => {
          const spec = start ? startedFrom(draft.spec, start) : draft.spec;
          replace({ ...draft, spec: rate ? withRate(spec, Number(rate)) : spec });
          setState({ error: null, notes });
        },
        (error: unknown) => setState({ error, notes: [] }),
      );
    if (from) cloned(readClone(api, from));
    else if (sweep) cloned(readSweepClone(api, sweep, trial ?? null));
    else if (dataset) replace({ spec: datasetSpec(dataset, ""), sweep: null });
    else if (start) replace({ spec: startedFrom(FIRST, start), sweep: null });
  }, [api, from, sweep, trial, dataset, start, rate]);
  return state;
}

async function readSweepClone(api: Api, id: string, number: string | null) {
  const sweep = await api.sweep(id);
  // The job of the best trial has the rows that came with the request.
  const hasRows = "inline" in sweep.spec.job.data && sweep.job !== null;
  const rows = hasRows && sweep.job ? await api.jobRows(sweep.job, { limit: CLONED_ROWS }) : null;
  return number === null ? cloneSweep(sweep, rows) : cloneTrial(sweep, await api.trial(id, Number(number)), rows);
}

async function readClone(api: Api, id: string) {
  const job: Job = await api.job(id);
  const rows = "inline" in job.spec.data ? await api.jobRows(id, { limit: CLONED_ROWS }) : null;
  return { ...cloneSpec(job, rows), sweep: null };
}

/** A spec with another learning rate: the optimiser's, or the greatest of a one_cycle_lr, which ignores the optimiser's. */
function withRate(spec: JsonObject, rate: number): JsonObject {
  const { scheduler } = spec;
  const isCycle = isObject(scheduler) && scheduler.type === "one_cycle_lr";
  return withValue(spec, isCycle ? "/scheduler/max_lr" : "/optimizer/lr", rate);
}

/** A spec with the initial weights of a checkpoint or model. */
function startedFrom(spec: JsonObject, id: string): JsonObject {
  return { ...spec, init_from: id.startsWith("ckp_") ? { checkpoint: id } : { model: id } };
}

function useSubmission(text: string, isSweep: boolean) {
  const { api, router, toasts } = useApp();
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const submit = async (): Promise<void> => {
    setState({ busy: true, error: null });
    try {
      const { id } = await (isSweep ? api.submitSweep(text) : api.submit(text));
      router.navigate(`/${isSweep ? "sweeps" : "jobs"}/${id}`);
    } catch (error) {
      setState({ busy: false, error });
      toasts.fail(asProblem(error).title);
    }
  };
  return { ...state, submit: () => void submit() };
}
