/** The form of a sweep: how trials are chosen and compared, how many, and on which folds. Shown once a number is a range. */
import type { ResolvedSpec } from "../../../../domain/spec/spec.ts";
import { faultAt, isObject, type Json, valueAt } from "../../../request/draft.ts";
import { Check, SelectField, TextField } from "../../../ui/field.tsx";
import { Card } from "../../../ui/surfaces.tsx";
import { useSpecForm } from "../form-context.tsx";
import { rangesOf } from "./sweep-draft.ts";

const METHODS = [
  { value: "tpe", label: "TPE: learns from trials" },
  { value: "random", label: "Random" },
  { value: "grid", label: "Grid: all combinations" },
  { value: "halving", label: "Successive halving" },
];

/** `job` is the resolved job, while the sweep is valid: it has the metrics. */
export function SweepSection({ job }: { readonly job: ResolvedSpec | null }) {
  const { sweep, sweepFaults, setSweep } = useSpecForm();
  if (!sweep) return null;
  const count = Object.keys(rangesOf(sweep)).length;
  const method = valueAt(sweep, "/method/type");
  const folds = isObject(sweep.folds);
  const metric = valueAt(sweep, "/objective/metric");
  return (
    <Card title="Sweep">
      <div class="stack">
        <p class="muted">
          Trains many variants of this job, which differ in {count === 1 ? "the number" : `the ${count} fields`} with a range,
          and keeps the best.
        </p>
        <div class="form-grid">
          <SelectField
            label="Method"
            value={typeof method === "string" ? method : "tpe"}
            options={METHODS}
            error={faultAt(sweepFaults, "/method")}
            onChange={(type) => setSweep("/method", { type })}
          />
          <SweepNumber pointer="/trials" label="Trials" placeholder={method === "grid" ? "all" : "100"} />
          {method === "grid" && <SweepNumber pointer="/method/points" label="Numbers of a range" placeholder="5" />}
          <SelectField
            label="Compared by"
            value={typeof metric === "string" ? metric : "val_loss"}
            options={metricsOf(job, metric)}
            error={faultAt(sweepFaults, "/objective")}
            onChange={(next) => setSweep("/objective", next === "val_loss" ? undefined : { metric: next })}
          />
          {folds && <SweepNumber pointer="/folds/count" label="Folds" placeholder="5" />}
          <SweepNumber pointer="/max_seconds" label="At most, in seconds" placeholder="no limit" />
        </div>
        <div class="row wrap option-row">
          <Check
            label="Cross-validate each trial"
            checked={folds}
            onChange={(next) => setSweep("/folds", next ? { count: 5 } : undefined)}
          />
          <Check
            label="Make a job of the best"
            checked={sweep.promote !== "none"}
            onChange={(next) => setSweep("/promote", next ? undefined : "none")}
          />
        </div>
      </div>
    </Card>
  );
}

interface SweepNumberProps {
  readonly pointer: string;
  readonly label: string;
  readonly placeholder: string;
}

function SweepNumber({ pointer, label, placeholder }: SweepNumberProps) {
  const { sweep, sweepFaults, setSweep } = useSpecForm();
  const value = sweep ? valueAt(sweep, pointer) : undefined;
  return (
    <TextField
      label={label}
      type="number"
      inputmode="numeric"
      step="any"
      placeholder={placeholder}
      value={typeof value === "number" ? String(value) : ""}
      error={faultAt(sweepFaults, pointer)}
      onInput={(text) => setSweep(pointer, text === "" ? undefined : Number(text))}
    />
  );
}

/** The losses, and the metrics that the job measures. */
function metricsOf(job: ResolvedSpec | null, chosen: Json | undefined) {
  const measured = (job?.metrics ?? []).flatMap((metric) => [`val_${metric}`, metric]);
  const names = ["val_loss", "loss", ...measured];
  const all = typeof chosen === "string" && !names.includes(chosen) ? [...names, chosen] : names;
  return all.map((value) => ({ value, label: value.replace(/^val_/, "validation ").replaceAll("_", " ") }));
}
