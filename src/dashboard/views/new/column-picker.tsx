/** Chooses the target and the features among the columns of a data set. */
import { useState } from "preact/hooks";
import type { Dataset } from "../../../client/answers.ts";
import type { Column } from "../../../domain/datasets/dataset.ts";
import { ColumnPicture, columnSummary } from "../../datasets/column-picture.tsx";
import { defaultTarget } from "../../datasets/default-target.ts";
import { faultAt, valueAt } from "../../request/draft.ts";
import { formatCount } from "../../shell/format.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Icon } from "../../ui/icon.tsx";
import { useSpecForm } from "./form-context.tsx";

const AT_ONCE = 60;

export function ColumnPicker({ dataset }: { readonly dataset: Dataset }) {
  const { spec, faults, set } = useSpecForm();
  const [shown, setShown] = useState(AT_ONCE);
  const target = valueAt(spec, "/data/dataset/target");
  const targets = Array.isArray(target) ? (target as readonly string[]) : [String(target ?? "")];
  const first = defaultTarget(dataset);
  const usable = dataset.columns.filter(isUsable);
  // If nothing is chosen, a search uses texts too, and a given network does not.
  const searches = valueAt(spec, "/model/layers") === undefined;
  const byDefault = usable.filter(({ type }) => searches || type !== "text").map(({ name }) => name);
  const given = valueAt(spec, "/data/dataset/features");
  const leftOut = valueAt(spec, "/data/dataset/exclude");
  const isLeftOut = (name: string) => Array.isArray(leftOut) && (leftOut as readonly string[]).includes(name);
  const features = Array.isArray(given)
    ? (given as readonly string[])
    : byDefault.filter((name) => !targets.includes(name) && !isLeftOut(name));
  const setFeatures = (next: readonly string[]) => {
    const isDefault = usable.every(({ name }) => targets.includes(name) || next.includes(name) === byDefault.includes(name));
    // Named columns replace excluded ones.
    set("/data/dataset/exclude", undefined);
    set("/data/dataset/features", isDefault ? undefined : next);
  };
  const toggle = (name: string) => {
    const chosen = features.includes(name) ? features.filter((each) => each !== name) : [...features, name];
    // In the order of the table, so that the order of choosing does not change the job.
    setFeatures(usable.map((column) => column.name).filter((each) => chosen.includes(each)));
  };
  const fault = faultAt(faults, "/data/dataset/features") ?? faultAt(faults, "/data/dataset/exclude");
  return (
    <>
      <SelectField
        label="Target"
        hint={first && targets.length === 1 && targets[0] === first.name ? first.why : "The column to predict"}
        value={targets.length === 1 ? (targets[0] ?? "") : ""}
        error={faultAt(faults, "/data/dataset/target")}
        options={[
          ...(targets.length === 1 && targets[0] !== ""
            ? []
            : [{ value: "", label: targets.length > 1 ? targets.join(", ") : "Choose one" }]),
          ...usable
            .filter(({ type }) => type !== "text")
            .map(({ name, type }) => ({ value: name, label: `${name} (${type})` })),
        ]}
        onChange={(next) => {
          set("/data/dataset", { id: dataset.id, target: next });
        }}
      />
      <fieldset class="column-picker">
        <legend>
          Features{" "}
          <span class="muted">
            {formatCount(features.length)} of {formatCount(usable.length - targets.filter(Boolean).length)}
          </span>
        </legend>
        {fault && (
          <p class="field-error" role="alert">
            <Icon name="alert" size={14} />
            {fault}
          </p>
        )}
        <ul>
          {dataset.columns.slice(0, shown).map((column) => (
            <Choice
              key={column.name}
              column={column}
              isTarget={targets.includes(column.name)}
              checked={features.includes(column.name)}
              onToggle={() => toggle(column.name)}
            />
          ))}
        </ul>
        {dataset.columns.length > shown && (
          <Button small onClick={() => setShown(shown + AT_ONCE)}>
            Show more of the {formatCount(dataset.columns.length)} columns
          </Button>
        )}
      </fieldset>
    </>
  );
}

/** Texts are usable if they were stored. */
const isUsable = ({ type, kept }: Column): boolean => type !== "text" || kept === true;

interface ChoiceProps {
  readonly column: Column;
  readonly isTarget: boolean;
  readonly checked: boolean;
  onToggle(): void;
}

function Choice({ column, isTarget, checked, onToggle }: ChoiceProps) {
  const { name, type, missing } = column;
  const isOff = !isUsable(column);
  return (
    <li>
      <label class="column-choice" data-off={isOff || isTarget}>
        <input type="checkbox" checked={checked && !isTarget} disabled={isOff || isTarget} onChange={onToggle} />
        <span class="column-choice-name">
          <strong class="truncate">{name}</strong>
          <span class="muted truncate">
            {isTarget ? "the target" : isOff ? "this text was not kept: upload the file again" : columnSummary(column)}
            {missing > 0 && `, ${formatCount(missing)} missing`}
          </span>
        </span>
        <span class="badge plain">{type}</span>
        <ColumnPicture column={column} />
      </label>
    </li>
  );
}
