/** Asks for the training rows behind a prediction: starts the job that leaves them out, one at a time. */
import { useEffect, useState } from "preact/hooks";
import type { Model } from "../../client/answers.ts";
import { createQuestionsClient } from "../../client/questions/questions.ts";
import { useApp } from "../shell/app-context.ts";
import { Button } from "../ui/button.tsx";
import { SelectField, TextField } from "../ui/field.tsx";
import { Problem } from "../ui/surfaces.tsx";
import { instanceOf, type RowTexts } from "./row.ts";

export interface AskRowsProps {
  readonly model: Model;
  readonly texts: RowTexts;
  /** The row's true value in the data; null if it is not a row of the data. */
  readonly truth: readonly unknown[] | null;
}

const UNKNOWN = "";
const ALL = "all";
/** How many of the training rows are left out, if not all of them. */
const SAMPLES = ["100", "1000"];

export function AskRows({ model, texts, truth }: AskRowsProps) {
  const { api, router } = useApp();
  const known = truth?.length === 1 && truth[0] !== null ? String(truth[0]) : UNKNOWN;
  const [given, setGiven] = useState<string | null>(null);
  // Another row is another question.
  useEffect(() => setGiven(null), [known, texts]);
  const [rows, setRows] = useState(ALL);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isClass = model.classes.length > 0;
  const actual = (given ?? known).trim();
  const value = isClass ? actual : Number(actual);
  const isWrong = !isClass && actual !== UNKNOWN && !Number.isFinite(value);
  const begin = async (): Promise<void> => {
    setBusy(true);
    try {
      const job = await createQuestionsClient(api.transport).influence(model.id, {
        instances: [instanceOf(model, texts)],
        ...(actual !== UNKNOWN && { actual: [value] }),
        ...(rows !== ALL && { rows: { sample: Number(rows) } }),
      });
      router.navigate(`/jobs/${job.id}`);
    } catch (fault) {
      setError(fault);
      setBusy(false);
    }
  };
  return (
    <details class="card request-behind">
      <summary>Which rows made this prediction?</summary>
      <div class="card-body stack">
        <p class="muted">
          A job trains the network again without each row in turn. It takes as many trainings as there are rows.
        </p>
        <div class="alias-form">
          {isClass ? (
            <SelectField
              label="It really is"
              value={actual}
              options={[{ value: UNKNOWN, label: "not known" }, ...model.classes.map((label) => ({ value: label, label }))]}
              onChange={setGiven}
            />
          ) : (
            model.targets.length <= 1 && (
              <TextField
                label="It really is"
                value={actual}
                placeholder="not known"
                error={isWrong ? "Must be a number." : null}
                onInput={setGiven}
              />
            )
          )}
          <SelectField
            label="Rows left out"
            value={rows}
            options={[
              { value: ALL, label: "all training rows" },
              ...SAMPLES.map((count) => ({ value: count, label: `a sample of ${count}` })),
            ]}
            onChange={setRows}
          />
          <Button icon="search" busy={busy} disabled={isWrong} onClick={() => void begin()}>
            Find the rows
          </Button>
        </div>
        {error ? <Problem error={error} /> : null}
      </div>
    </details>
  );
}
