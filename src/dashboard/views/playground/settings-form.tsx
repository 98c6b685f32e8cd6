/** The settings of the playground: data, network, training. Each change is in the address at once. */
import {
  ACTIVATIONS,
  BATCHES,
  DECAYS,
  datasetIdOf,
  MAX_LAYERS,
  MAX_UNITS,
  NOISES,
  OPTIMISERS,
  RATES,
  type Settings,
  SHAPES,
  VALIDATIONS,
} from "../../playground/options.ts";
import { useApp } from "../../shell/app-context.ts";
import { useResource } from "../../shell/resource.ts";
import { Button } from "../../ui/button.tsx";
import { Field, SelectField } from "../../ui/field.tsx";
import { Card } from "../../ui/surfaces.tsx";
import type { Chosen } from "./table-source.ts";

export interface SettingsFormProps {
  readonly settings: Settings;
  /** The columns of the data set, once it is known. */
  readonly chosen: Chosen | null;
  onChange(change: Partial<Settings>): void;
}

export function SettingsForm(props: SettingsFormProps) {
  return (
    <div class="play-settings stack">
      <DataFields {...props} />
      <NetworkFields {...props} />
      <TrainingFields {...props} />
    </div>
  );
}

const MAX_DATASETS = 100;
const optionsOf = (names: readonly string[]) => names.map((name) => ({ value: name, label: name }));

function DataFields({ settings, chosen, onChange }: SettingsFormProps) {
  const { api } = useApp();
  const { data } = useResource((signal) => api.datasets({ limit: MAX_DATASETS }, { signal }), [api]);
  const id = datasetIdOf(settings);
  const tables = (data?.data ?? []).map((table) => ({ value: table.id, label: `Table: ${table.name}` }));
  // The one of the address may be older than those listed.
  const own = id && !tables.some(({ value }) => value === id) ? [{ value: id, label: chosen?.dataset.name ?? "Table" }] : [];
  return (
    <Card title="Data">
      <div class="stack">
        <SelectField
          label="Rows"
          value={settings.data}
          options={[...SHAPES, ...own, ...tables]}
          onChange={(next) => onChange({ data: next, x: "", y: "", target: "" })}
        />
        {id === null && (
          <p class="muted">
            Your own: <a href="/datasets">upload a table</a>, and it is in this list.
          </p>
        )}
        <div class="form-grid">
          {chosen && (
            <>
              <SelectField
                label="Across"
                value={chosen.x}
                options={optionsOf(chosen.axes.filter((name) => name !== chosen.y))}
                onChange={(x) => onChange({ x, y: chosen.y })}
              />
              <SelectField
                label="Up"
                value={chosen.y}
                options={optionsOf(chosen.axes.filter((name) => name !== chosen.x))}
                onChange={(y) => onChange({ y, x: chosen.x })}
              />
              <SelectField
                label="Target"
                value={chosen.target}
                options={optionsOf(chosen.targets)}
                onChange={(target) => onChange({ target })}
              />
            </>
          )}
          {id === null && (
            <SelectField label="Noise" value={settings.noise} options={NOISES} onChange={(noise) => onChange({ noise })} />
          )}
          <SelectField
            label="Held out"
            value={settings.validation}
            options={VALIDATIONS}
            onChange={(validation) => onChange({ validation })}
          />
        </div>
      </div>
    </Card>
  );
}

function NetworkFields({ settings: { layers, activation }, onChange }: SettingsFormProps) {
  return (
    <Card title="Network">
      <div class="stack">
        <ol class="play-layers">
          {layers.map((units, index) => (
            <LayerField
              key={index}
              units={units}
              number={index + 1}
              onUnits={(next) => onChange({ layers: layers.with(index, next) })}
              onRemove={() => onChange({ layers: layers.toSpliced(index, 1) })}
            />
          ))}
        </ol>
        {layers.length === 0 && <p class="muted">No hidden layer: a straight boundary.</p>}
        <Button
          icon="plus"
          disabled={layers.length >= MAX_LAYERS}
          onClick={() => onChange({ layers: [...layers, layers.at(-1) ?? 8] })}
        >
          Add a layer
        </Button>
        <SelectField
          label="Activation"
          value={activation}
          options={ACTIVATIONS}
          onChange={(next) => onChange({ activation: next })}
        />
      </div>
    </Card>
  );
}

interface LayerFieldProps {
  readonly units: number;
  readonly number: number;
  onUnits(units: number): void;
  onRemove(): void;
}

function LayerField({ units, number, onUnits, onRemove }: LayerFieldProps) {
  return (
    <li>
      <label>
        <span>Layer {number}</span>
        <input
          type="range"
          min={1}
          max={MAX_UNITS}
          value={units}
          aria-valuetext={unitsText(units)}
          onInput={(event) => onUnits(Number(event.currentTarget.value))}
        />
      </label>
      <span class="num">{units}</span>
      <Button small variant="quiet" icon="x" label={`Remove layer ${number}`} onClick={onRemove} />
    </li>
  );
}

const unitsText = (units: number): string => (units === 1 ? "1 unit" : `${units} units`);

function TrainingFields({ settings, onChange }: SettingsFormProps) {
  return (
    <Card title="Training">
      <div class="form-grid">
        <SelectField
          label="Optimiser"
          value={settings.optimizer}
          options={OPTIMISERS}
          onChange={(optimizer) => onChange({ optimizer })}
        />
        <SelectField
          label="Learning rate"
          hint="Changes without a restart"
          value={settings.lr}
          options={RATES}
          onChange={(lr) => onChange({ lr })}
        />
        <SelectField label="Batch" value={settings.batch} options={BATCHES} onChange={(batch) => onChange({ batch })} />
        <SelectField label="Weight decay" value={settings.decay} options={DECAYS} onChange={(decay) => onChange({ decay })} />
        <Field label="Seed" hint="The same seed, the same training">
          {(control) => (
            <span class="input-row">
              <input
                {...control}
                class="input"
                type="number"
                min={0}
                value={settings.seed}
                onChange={(event) => onChange({ seed: Math.max(0, Math.trunc(Number(event.currentTarget.value)) || 0) })}
              />
              <Button icon="refresh" label="Another seed" onClick={() => onChange({ seed: settings.seed + 1 })} />
            </span>
          )}
        </Field>
      </div>
    </Card>
  );
}
