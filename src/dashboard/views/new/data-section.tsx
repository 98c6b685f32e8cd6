/** The form of the data: a data set with its columns, a generator, or rows in the request itself. */
import { useEffect } from "preact/hooks";
import type { Dataset } from "../../../client/answers.ts";
import { defaultTarget } from "../../datasets/default-target.ts";
import { Uploader } from "../../datasets/uploader.tsx";
import { faultAt, isObject, type Json, type JsonObject, valueAt } from "../../request/draft.ts";
import { useApp } from "../../shell/app-context.ts";
import { formatCount } from "../../shell/format.ts";
import { useResource } from "../../shell/resource.ts";
import { Segments, SelectField } from "../../ui/field.tsx";
import { Card, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { ColumnPicker } from "./column-picker.tsx";
import { ChoiceAt, NumberAt, useSpecForm } from "./form-context.tsx";
import { isSearch } from "./model-section.tsx";
import { withNetwork, withSearch } from "./presets.ts";

type Source = "dataset" | "generator" | "inline";

const SOURCES = [
  { value: "dataset", label: "A data set" },
  { value: "generator", label: "Generated" },
  { value: "inline", label: "Rows in the request" },
] as const;

const FRESH: Readonly<Record<Source, JsonObject>> = {
  dataset: { dataset: { id: "", target: "" } },
  generator: { generator: { type: "moons", samples: 200, noise: 0.1, seed: 7 } },
  inline: { inline: { features: [[0], [1], [2], [3]], targets: [1, 3, 5, 7] } },
};

/** A spec with another source of rows. For a table the best model is searched for; generated rows are for looking at a network. */
function withSource(spec: JsonObject, source: Source): JsonObject {
  const data = FRESH[source];
  return source === "dataset" ? { ...withSearch(spec), data } : { ...(isSearch(spec) ? withNetwork(spec) : spec), data };
}

export function DataSection() {
  const { spec, set } = useSpecForm();
  const data = valueAt(spec, "/data");
  const source = SOURCES.find(({ value }) => isObject(data) && value in data)?.value ?? "dataset";
  return (
    <Card title="Data">
      <div class="stack">
        <Segments<Source>
          label="Where the rows come from"
          value={source}
          options={SOURCES}
          onChange={(next) => set("", withSource(spec, next))}
        />
        {source === "dataset" && <DatasetFields />}
        {source === "generator" && <GeneratorFields />}
        {source === "inline" && <InlineNote />}
        {source !== "inline" && <SplitFields />}
      </div>
    </Card>
  );
}

const MAX_LISTED = 200;

function DatasetFields() {
  const { api } = useApp();
  const { spec, faults, set } = useSpecForm();
  const id = valueAt(spec, "/data/dataset/id");
  const list = useResource((signal) => api.datasets({ limit: MAX_LISTED }, { signal }), [id]);
  const chosen = useResource(
    async (signal): Promise<Dataset | null> => (typeof id === "string" && id !== "" ? api.dataset(id, { signal }) : null),
    [id],
  );
  const choose = (next: string) => set("/data", { dataset: { id: next, target: "" } });
  useDefaultTarget(chosen.data);
  const known = list.data?.data ?? [];
  return (
    <>
      <Uploader onUploaded={(dataset) => choose(dataset.id)} />
      <SelectField
        label="Data set"
        value={typeof id === "string" ? id : ""}
        error={faultAt(faults, "/data/dataset/id")}
        options={[
          { value: "", label: known.length === 0 ? "None yet: upload one, or start from a sample above" : "Choose one" },
          ...known.map((dataset) => ({ value: dataset.id, label: `${dataset.name}, ${formatCount(dataset.rows)} rows` })),
        ]}
        onChange={choose}
      />
      {chosen.error && id ? <Problem error={chosen.error} retry={chosen.reload} /> : null}
      {chosen.loading && id && !chosen.data ? <Skeleton height="240px" /> : null}
      {chosen.data && chosen.data.id === id && <ColumnPicker dataset={chosen.data} />}
    </>
  );
}

/** Chooses a possible target if none is chosen yet: the columns arrive after the page. */
function useDefaultTarget(dataset: Dataset | null): void {
  const { spec, set } = useSpecForm();
  useEffect(() => {
    if (!dataset || valueAt(spec, "/data/dataset/id") !== dataset.id || valueAt(spec, "/data/dataset/target") !== "") return;
    const chosen = defaultTarget(dataset);
    if (chosen) set("/data/dataset/target", chosen.name);
  }, [dataset]);
}

type Field = readonly [key: string, label: string, placeholder: string];

const SAMPLES: Field = ["samples", "Rows", "200"];
const NOISE: Field = ["noise", "Noise", "0.1"];
const SEED: Field = ["seed", "Seed of the data", "0"];

/** Generators, with the options of each. */
const GENERATORS: Readonly<Record<string, { readonly label: string; readonly fields: readonly Field[] }>> = {
  linear: {
    label: "Line",
    fields: [
      SAMPLES,
      ["slope", "Slope", "3"],
      ["intercept", "Intercept", "2"],
      ["low", "From", "0"],
      ["high", "To", "10"],
      ["noise", "Noise", "2"],
      SEED,
    ],
  },
  moons: { label: "Moons", fields: [SAMPLES, NOISE, SEED] },
  circles: { label: "Circles", fields: [SAMPLES, NOISE, ["factor", "Inner radius", "0.5"], SEED] },
  blobs: {
    label: "Blobs",
    fields: [SAMPLES, ["features", "Features", "2"], ["classes", "Classes", "3"], ["cluster_std", "Spread", "1"], SEED],
  },
  spirals: {
    label: "Spirals",
    fields: [SAMPLES, ["classes", "Arms", "2"], NOISE, ["turns", "Turns", "1"], SEED],
  },
  xor: { label: "Exclusive or", fields: [SAMPLES, NOISE, SEED] },
};

function GeneratorFields() {
  const { spec, set } = useSpecForm();
  const type = valueAt(spec, "/data/generator/type");
  const fields = GENERATORS[typeof type === "string" ? type : ""]?.fields ?? [];
  return (
    <div class="form-grid">
      <SelectField
        label="Shape"
        value={typeof type === "string" ? type : ""}
        options={Object.entries(GENERATORS).map(([value, { label }]) => ({ value, label }))}
        onChange={(next) => set("/data/generator", withSharedOptions(next, valueAt(spec, "/data/generator")))}
      />
      {fields.map(([key, label, placeholder]) => (
        <NumberAt key={key} pointer={`/data/generator/${key}`} label={label} placeholder={placeholder} />
      ))}
    </div>
  );
}

/** Another generator, with the options that it shares with the one before. */
function withSharedOptions(type: string, before: Json | undefined): JsonObject {
  const options = GENERATORS[type]?.fields.map(([key]) => key) ?? [];
  const shared = isObject(before) ? Object.entries(before).filter(([key]) => options.includes(key)) : [];
  return { type, ...Object.fromEntries(shared) };
}

function InlineNote() {
  const { spec } = useSpecForm();
  const rows = valueAt(spec, "/data/inline/features");
  const count = Array.isArray(rows) ? rows.length : 0;
  return (
    <>
      <p class="muted">
        {formatCount(count)} rows are in the request, under <code>data.inline</code>: for each row an array of numbers in{" "}
        <code>features</code>, and a target in <code>targets</code>. Edit them as JSON.
      </p>
      <ChoiceAt
        pointer="/task"
        label="Task"
        options={[
          { value: "", label: "Inferred from the targets" },
          { value: "regression", label: "Regression" },
          { value: "binary_classification", label: "Two classes" },
          { value: "multiclass_classification", label: "Several classes" },
        ]}
      />
      <SplitFields />
    </>
  );
}

function SplitFields() {
  const { spec } = useSpecForm();
  const split = valueAt(spec, "/split");
  // A search holds each row out once, so shares are not offered.
  if (split === undefined && isSearch(spec)) return null;
  if (isObject(split) && ["column", "group", "time", "validation_rows", "test_rows"].some((field) => field in split))
    return <p class="muted">The split is by rows or by a column: edit it as JSON.</p>;
  // The value of an empty field: a data set holds a fifth out, other rows only if a test share is given.
  const heldOut = split === null || (split === undefined && !isObject(valueAt(spec, "/data/dataset"))) ? "none" : "0.2";
  return (
    <div class="form-grid">
      <NumberAt
        pointer="/split/validation"
        label="Held out for validation"
        placeholder={heldOut}
        hint="A share of the rows"
        step={0.05}
      />
      <NumberAt
        pointer="/split/test"
        label="Held out for the test"
        placeholder="none"
        hint="Evaluated once, at the end"
        step={0.05}
      />
    </div>
  );
}
