/** Forgets rows of a data set: first shows which models saw them, and asks before anything is erased. */
import { useState } from "preact/hooks";
import type { Dataset, Forget, ForgetRequest, PlannedForget } from "../../../client/answers.ts";
import { useApp } from "../../shell/app-context.ts";
import { formatCount } from "../../shell/format.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Card } from "../../ui/surfaces.tsx";

/** Interval between polls of a run. */
const POLL_MS = 500;
/** Stands for positions among the columns. */
const BY_POSITION = "";

const count = (number: number, noun: string): string => `${formatCount(number)} ${noun}${number === 1 ? "" : "s"}`;

/** The rows of the form: numbers counted from 1, or one value of a column. */
function requestOf(column: string, text: string): ForgetRequest {
  if (column !== BY_POSITION) return { keys: { column, values: [text.trim()] } };
  const numbers = text.split(/[\s,;]+/).filter((part) => part !== "");
  return { positions: numbers.map((part) => Number(part) - 1) };
}

export function ForgetForm({ dataset }: { readonly dataset: Dataset }) {
  const { api, router, toasts } = useApp();
  const [column, setColumn] = useState(BY_POSITION);
  const [text, setText] = useState("");
  const [plan, setPlan] = useState<PlannedForget | null>(null);
  const [run, setRun] = useState<Forget | null>(null);
  const [busy, setBusy] = useState(false);
  const request = requestOf(column, text);
  const guarded = async (step: () => Promise<void>): Promise<void> => {
    setBusy(true);
    try {
      await step();
    } catch (error) {
      toasts.fail(error);
    }
    setBusy(false);
  };
  const look = () => guarded(async () => setPlan(await api.planForget(dataset.id, request)));
  const begin = (planned: PlannedForget) =>
    guarded(async () => {
      setPlan(null);
      // Only a user who was told that models will be deleted has agreed to it.
      const without_retraining = planned.models.some(({ why_not, is_question }) => why_not !== null && !is_question)
        ? "erase"
        : "refuse";
      let now = await api.forget(dataset.id, { ...request, without_retraining });
      for (setRun(now); now.state === "retraining" || now.state === "erasing"; setRun(now)) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        now = await api.readForget(now.id);
      }
      if (now.state !== "succeeded") return;
      toasts.say(`Forgot ${count(now.rows.length, "row")}.`);
      const without = now.datasets.find(({ id }) => id === dataset.id)?.replaced_by;
      router.navigate(without ? `/datasets/${without}` : "/datasets", { replace: true });
    });
  const columns = dataset.columns.filter(({ type, kept }) => type !== "text" || kept);
  return (
    <Card title="Forget rows">
      <div class="alias-form">
        <SelectField
          label="Rows by"
          value={column}
          options={[
            { value: BY_POSITION, label: "their numbers" },
            ...columns.map(({ name }) => ({ value: name, label: name })),
          ]}
          onChange={setColumn}
        />
        <TextField label={column === BY_POSITION ? "Numbers, counted from 1" : "Value"} value={text} onInput={setText} />
        <Button icon="search" busy={busy} disabled={text.trim() === ""} onClick={() => void look()}>
          Who saw them?
        </Button>
        <p class="muted">Models that saw the rows are trained again without them. Then the rows are erased for good.</p>
      </div>
      {run && <Progress run={run} />}
      {plan && (
        <Confirm
          title={`Forget ${count(plan.rows.length, "row")}?`}
          action="Forget"
          icon="trash"
          danger
          onClose={() => setPlan(null)}
          onConfirm={() => void begin(plan)}
        >
          <Consequences plan={plan} />
        </Confirm>
      )}
    </Card>
  );
}

function Consequences({ plan: { models, datasets, sweeps, running } }: { readonly plan: PlannedForget }) {
  const again = models.filter(({ model, why_not }) => model && why_not === null);
  const others = models.filter(({ why_not }) => why_not !== null);
  return (
    <>
      <p>
        {count(datasets.length, "data set")}, {count(models.length, "job")} and {count(sweeps.length, "sweep")} with the rows
        are erased permanently; the data set without them gets a new id. Earlier backups and exported files are not changed.
      </p>
      {running.length > 0 && <p>These must end first: {running.join(", ")}.</p>}
      {again.length > 0 && <p>Trained again, with their aliases moved:</p>}
      <ul>
        {again.map(({ model }) => (
          <li key={model?.id}>
            {model?.name}@{model?.version} {(model?.aliases ?? []).map((alias) => `@${alias}`).join(" ")}
          </li>
        ))}
      </ul>
      {others.length > 0 && <p>Deleted with their aliases, and so is any model whose training fails:</p>}
      <ul>
        {others.map(({ model, why_not }) => (
          <li key={model?.id}>
            {model?.name}@{model?.version}: {why_not}
          </li>
        ))}
      </ul>
    </>
  );
}

function Progress({ run }: { readonly run: Forget }) {
  const { state, retrained, to_retrain, error } = run;
  const said = state === "failed" ? `${error}. Nothing was erased.` : `${retrained} of ${to_retrain} trained again`;
  return (
    <p role="status">
      {state === "erasing" ? "Erasing the rows" : state === "cancelled" ? "Cancelled. Nothing was erased." : said}
    </p>
  );
}
