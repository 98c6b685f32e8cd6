/** The form of the model: the best that a search finds, or one given network. */
import { SEARCH_METRICS, searchMetricLabel } from "../../../client/search.ts";
import { isObject, type JsonObject, valueAt } from "../../request/draft.ts";
import type { Checked } from "../../request/use-validation.ts";
import { Segments } from "../../ui/field.tsx";
import { Card } from "../../ui/surfaces.tsx";
import { ChoiceAt, NumberAt, TextAt, useSpecForm } from "./form-context.tsx";
import { withNetwork, withSearch } from "./presets.ts";

type Way = "search" | "network";

const WAYS = [
  { value: "search", label: "Find the best model" },
  { value: "network", label: "One network" },
] as const;

/** Whether a spec leaves its network to a search. */
export function isSearch(spec: JsonObject): boolean {
  const model = valueAt(spec, "/model");
  return model === undefined || (isObject(model) && "auto" in model);
}

/** `valid` is the resolved spec, while it is valid: it has the task. */
export function ModelSection({ valid }: { readonly valid: Checked | null }) {
  const { spec, set } = useSpecForm();
  const way: Way = isSearch(spec) ? "search" : "network";
  return (
    <Card title="Model">
      <div class="stack">
        <Segments<Way>
          label="How the model is chosen"
          value={way}
          options={WAYS}
          onChange={(next) => set("", next === "search" ? withSearch(spec) : withNetwork(spec))}
        />
        {way === "search" ? (
          <SearchFields valid={valid} />
        ) : (
          <p class="muted">Trains one network with the layers and options that you choose.</p>
        )}
      </div>
    </Card>
  );
}

function SearchFields({ valid }: { readonly valid: Checked | null }) {
  const found = valid && "auto" in valid.spec.model ? valid.spec.model.auto : null;
  return (
    <>
      <p class="muted">
        Trains candidates from linear to deep on parts of the rows, and serves a weighted average of the best. You can leave the
        fields empty: their defaults depend on the rows.
      </p>
      <div class="form-grid">
        <TextAt pointer="/name" label="Name" placeholder="from the data" hint="The model gets it too" />
        <NumberAt
          pointer="/model/auto/trials"
          label="Candidates"
          placeholder={found ? String(found.trials) : "by rows and columns"}
          step={1}
        />
        <NumberAt pointer="/model/auto/members" label="In the average, at most" placeholder="8" step={1} />
        <ChoiceAt
          pointer="/model/auto/metric"
          label="Chosen by"
          options={[{ value: "", label: "Default of the task" }, ...metricsOf(valid)]}
        />
        <NumberAt
          pointer="/model/auto/folds"
          label="Folds"
          placeholder={found ? String(found.folds) : "5"}
          step={1}
          hint="Each row is held out once"
        />
        <NumberAt pointer="/seed" label="Seed" placeholder="0" step={1} hint="The same seed gives the same bits" />
      </div>
    </>
  );
}

/** The metrics of the task, if that is known. */
function metricsOf(valid: Checked | null) {
  const { classes, values } = SEARCH_METRICS;
  const names = !valid ? [...classes, ...values] : valid.spec.task === "regression" ? values : classes;
  return names.map((value) => ({ value, label: searchMetricLabel(value) }));
}
