/** Predict with a model: one row in a form, answered as it changes, or a whole file. */
import { useEffect, useMemo, useState } from "preact/hooks";
import type { JobRows, Model, PredictionAnswer } from "../../client/answers.ts";
import { ApiError } from "../../client/error.ts";
import { isRepeatable } from "../learning-curve/ask-more-data.tsx";
import { cssColour, usePalette } from "../plots/palette.ts";
import { useApp } from "../shell/app-context.ts";
import { useResource } from "../shell/resource.ts";
import { Button } from "../ui/button.tsx";
import { Card, Problem } from "../ui/surfaces.tsx";
import { AnswerView } from "./answer-view.tsx";
import { AskRows } from "./ask-rows.tsx";
import { ContributionsView } from "./contributions-view.tsx";
import { FilePredictor } from "./file-predictor.tsx";
import { type Profile, profilesOf, type Reach } from "./profile.ts";
import { instanceOf, isNumber, type RowTexts, reachOf, rowTexts, usualTexts } from "./row.ts";
import { RowForm } from "./row-form.tsx";
import { useDependences } from "./use-dependences.ts";
import { useExplanation } from "./use-explanation.ts";
import { useProfiles } from "./use-profiles.ts";

const ROWS = 500;
const WAIT_MS = 120;
/** With more fields each is smaller, without slider and profile. */
const MAX_SLIDERS = 24;
const NO_PROFILES: ReadonlyMap<number, Profile> = new Map();
const NO_FAULTS: ReadonlyMap<number, string> = new Map();

/** `modelRef` is the id in requests: a checkpoint's, if its weights replace the model's. */
export function PredictView({ model, modelRef }: { readonly model: Model; readonly modelRef: string }) {
  const { api } = useApp();
  const rows = useResource(
    async (signal): Promise<JobRows | null> => {
      // Rows to try are optional: a model whose job or data was deleted still predicts.
      if (model.job === null) return null;
      return api.jobRows(model.job, { limit: ROWS }, { signal }).catch(() => null);
    },
    [model.job],
  );
  return (
    <div class="stack">
      {!rows.loading && <OneRow model={model} modelRef={modelRef} rows={rows.data} />}
      <Card title="A file">
        <FilePredictor modelRef={modelRef} />
      </Card>
    </div>
  );
}

interface OneRowProps {
  readonly model: Model;
  readonly modelRef: string;
  readonly rows: JobRows | null;
}

function OneRow({ model, modelRef, rows }: OneRowProps) {
  const typical = useMemo(() => usualTexts(model, rows), [model, rows]);
  const [texts, setTexts] = useState<RowTexts>(typical);
  const [drawn, setDrawn] = useState<number | null>(null);
  const { answer, faults, error } = useAnswer(model, modelRef, texts);
  const reaches = useMemo(() => reachesOf(model, rows), [model, rows]);
  const varied = useProfiles(model, modelRef, texts, reaches);
  const hasBackground = rows !== null;
  const explained = useExplanation(model, modelRef, texts, hasBackground);
  const dependences = useDependences(model, modelRef, hasBackground && reaches !== null && explained.isAsked);
  const label = answer && "label" in answer ? String(answer.label) : null;
  const profiles = useMemo(
    () => (varied ? profilesOf(varied.rows, varied.answers, label, dependences) : NO_PROFILES),
    [varied, label, dependences],
  );
  const palette = usePalette();
  const colour = label === null ? palette.accent : palette.classColour(model.classes.indexOf(label));
  const change = (input: number, text: string) => {
    setDrawn(null);
    setTexts((now) => now.map((own, index) => (index === input ? text : own)));
  };
  const draw = () => {
    if (!rows || rows.returned === 0) return;
    const index = Math.floor(Math.random() * rows.returned);
    setDrawn(index);
    setTexts(rowTexts(model, rows, index));
  };
  const truth = drawn === null ? null : (rows?.targets.map(({ values }) => values[drawn]) ?? null);
  return (
    <Card
      title="One row"
      actions={
        <>
          {rows && rows.features.length >= (model.inputs?.length ?? 0) && (
            <Button small icon="refresh" onClick={draw}>
              Random row
            </Button>
          )}
          <Button small onClick={() => setTexts(typical)}>
            Typical row
          </Button>
        </>
      }
    >
      <div class="predict-row">
        <div class="stack">
          <RowForm
            model={model}
            reaches={reaches}
            texts={texts}
            profiles={profiles}
            label={label}
            colour={cssColour(colour)}
            faults={faults}
            onChange={change}
          />
          {profiles.size > 0 && (
            <p class="muted">
              Below each field: {label === null ? "the value" : `the probability of ${label}`} for its other values, with the
              rest of the row unchanged. {dependences.size > 0 && "Dashed: the mean over training rows. "}
              All have the same scale.
            </p>
          )}
        </div>
        <div class="stack">
          <div class="predict-answer" role="status" aria-label="Prediction">
            <AnswerView answer={answer} classes={model.classes} targets={model.targets} coverage={coverageOf(model)} />
            <p class="muted predict-truth">{truth ? `The data says ${truth.join(", ")}.` : ""}</p>
            {error ? <Problem error={error} /> : null}
          </div>
          {answer && !error && <ContributionsView explained={hasBackground ? explained : null} label={label} />}
          {answer && !error && hasBackground && isRepeatable(model) && modelRef === model.id && (
            <AskRows model={model} texts={texts} truth={truth} />
          )}
        </div>
      </div>
    </Card>
  );
}

/** Ranges of the numbers; null if there are too many fields. */
function reachesOf({ inputs }: Model, rows: JobRows | null): readonly Reach[] | null {
  if (!inputs || inputs.length > MAX_SLIDERS) return null;
  return inputs.map((input) => (isNumber(input) ? reachOf(input, rows) : null));
}

/** The probability with which a shown answer should hold the truth, and the minimum held-out rows for that. */
const COVERAGE = 0.9;
const MIN_ROWS = 9;

/** The coverage for a model; null if too few rows were held out. */
function coverageOf({ conformal }: Model): number | null {
  return conformal && conformal.rows >= MIN_ROWS ? COVERAGE : null;
}

interface Answered {
  readonly answer: PredictionAnswer | null;
  readonly faults: ReadonlyMap<number, string>;
  readonly error: unknown;
}

/** Predicts shortly after each change; the last answer stays until then. */
function useAnswer(model: Model, modelRef: string, texts: RowTexts): Answered {
  const { api } = useApp();
  const interval = coverageOf(model) ?? undefined;
  const [state, setState] = useState<Answered>({ answer: null, faults: NO_FAULTS, error: null });
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      api
        .predict(modelRef, [instanceOf(model, texts)], { counted: false, signal: abort.signal, ...(interval && { interval }) })
        .then(
          ([answer = null]) => setState({ answer, faults: NO_FAULTS, error: null }),
          (error: unknown) => !abort.signal.aborted && setState((now) => ({ ...now, ...failed(error) })),
        );
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [api, model, modelRef, texts, interval]);
  return state;
}

/** Errors of fields by their index in the row; any other error as a whole. */
function failed(error: unknown): Pick<Answered, "faults" | "error"> {
  const faults = new Map<number, string>();
  const given = error instanceof ApiError ? (error.problem.errors ?? []) : [];
  for (const { pointer, detail } of given) {
    const input = /^\/instances\/0\/(\d+)$/.exec(pointer)?.[1];
    if (input !== undefined) faults.set(Number(input), detail);
  }
  return faults.size > 0 ? { faults, error: null } : { faults: NO_FAULTS, error };
}
