/** Starts an audit of the labels of a data set. */
import { useState } from "preact/hooks";
import type { Dataset } from "../../../client/answers.ts";
import { defaultTarget } from "../../datasets/default-target.ts";
import { useApp } from "../../shell/app-context.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Card } from "../../ui/surfaces.tsx";

/** Whole numbers with at most this many values may be classes. */
const FEW = 20;

/** The columns whose values may be classes. */
function labelColumns({ columns }: Dataset): string[] {
  return columns
    .filter(
      ({ type, distinct }) =>
        distinct > 1 && (type === "category" || type === "boolean" || (type === "integer" && distinct <= FEW)),
    )
    .map(({ name }) => name);
}

export function AuditForm({ dataset }: { readonly dataset: Dataset }) {
  const { api, router, toasts } = useApp();
  const names = labelColumns(dataset);
  const usual = defaultTarget(dataset)?.name ?? "";
  const [target, setTarget] = useState(names.includes(usual) ? usual : (names.at(-1) ?? ""));
  const [busy, setBusy] = useState(false);
  if (names.length === 0) return null;
  const begin = async (): Promise<void> => {
    setBusy(true);
    try {
      const column = dataset.columns.find(({ name }) => name === target);
      const isNumber = column?.type === "integer";
      const task = (column?.distinct ?? 0) > 2 ? "multiclass_classification" : "binary_classification";
      const job = await api.audit(dataset.id, { target, ...(isNumber && { task }) });
      router.navigate(`/jobs/${job.id}`);
    } catch (error) {
      toasts.fail(error);
      setBusy(false);
    }
  };
  return (
    <Card title="Wrong labels">
      <div class="alias-form">
        <SelectField
          label="Labels"
          value={target}
          options={names.map((name) => ({ value: name, label: name }))}
          onChange={setTarget}
        />
        <Button icon="search" busy={busy} onClick={() => void begin()}>
          Look for wrong labels
        </Button>
        <p class="muted">Models that have not seen a row say whether its label is probably wrong; you decide.</p>
      </div>
    </Card>
  );
}
