/** The form of the network: adds, changes, moves and removes layers, with a drawing of the result. */
import { useId, useState } from "preact/hooks";
import { layersOf } from "../../jobs/job-reading.ts";
import { stagesOf } from "../../model-view/layer-shapes.ts";
import { Network } from "../../model-view/network.tsx";
import { isObject, type Json, textOf, valueAt } from "../../request/draft.ts";
import type { Checked } from "../../request/use-validation.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Card } from "../../ui/surfaces.tsx";
import { NumberAt, useSpecForm } from "./form-context.tsx";
import { LAYER_GROUPS, LAYER_KINDS, type LayerKind } from "./layer-kinds.ts";
import { AlternativesField } from "./sweep/alternatives-field.tsx";

const KINDS = Object.entries(LAYER_KINDS) as readonly [string, LayerKind][];

/** `valid` is the resolved spec, while it is valid: it has the widths. */
export function NetworkSection({ valid }: { readonly valid: Checked | null }) {
  const { spec, faults, set, setItems } = useSpecForm();
  const given = valueAt(spec, "/model/layers");
  const layers = Array.isArray(given) ? (given as readonly Json[]) : [];
  const places = layers.map((_, index) => index);
  const change = (next: readonly Json[], origins: readonly (number | null)[]) => setItems("/model/layers", next, origins);
  const own = faults.get("/model/layers") ?? faults.get("/model") ?? null;
  return (
    <Card title="Network">
      <div class="stack">
        {own && (
          <p class="field-error" role="alert">
            <Icon name="alert" size={14} />
            {own}
          </p>
        )}
        <ol class="layer-list">
          {layers.map((layer, index) => (
            <LayerRow
              key={index}
              layer={layer}
              index={index}
              count={layers.length}
              onMove={(by) => change(moved(layers, index, by), moved(places, index, by))}
              onRemove={() =>
                change(
                  layers.filter((_, at) => at !== index),
                  places.filter((at) => at !== index),
                )
              }
            />
          ))}
        </ol>
        <AddLayer
          onAdd={(kind, atEnd) => {
            const at = placeOf(layers, atEnd);
            change(layers.toSpliced(at, 0, kind.fresh), (places as (number | null)[]).toSpliced(at, 0, null));
          }}
        />
        <AlternativesField layers={layers} onEdit={(next) => set("/model/layers", next as Json)} />
      </div>
      {valid && "layers" in valid.spec.model && (
        <div class="network-preview">
          <Network layers={layersOf(valid.spec)} inputWidth={inputWidthOf(valid)} weights={null} tensors={null} />
        </div>
      )}
    </Card>
  );
}

/** The width of a row, if it follows from the spec. */
function inputWidthOf(valid: Checked): number | null {
  const { data } = valid.spec;
  if ("inline" in data) return data.inline.features;
  if ("dataset" in data) return widthFromParameters(valid);
  if (data.generator.type === "blobs") return data.generator.features;
  return data.generator.type === "linear" ? 1 : 2;
}

/** The input width of a first linear layer, from the number of all parameters: a column may become several inputs. */
function widthFromParameters({ spec: { model }, parameters }: Checked): number | null {
  const layers = layersOf({ model });
  const [first] = layers;
  if (first?.type !== "linear" || !first.units || parameters === null) return null;
  const others = stagesOf(layers, null, null).slice(2);
  if (others.some((stage) => stage.parameters === null)) return null;
  const own = parameters - others.reduce((total, stage) => total + (stage.parameters ?? 0), 0);
  const width = own / first.units - (first.bias ? 1 : 0);
  return Number.isInteger(width) && width > 0 ? width : null;
}

function moved<T>(items: readonly T[], index: number, by: number): T[] {
  const next = [...items];
  const [item] = next.splice(index, 1);
  next.splice(index + by, 0, item as T);
  return next;
}

/** Where a layer is added: before the last linear one, which makes the outputs, or at the end. */
function placeOf(layers: readonly Json[], atEnd: boolean): number {
  const last = layers.findLastIndex((layer) => isObject(layer) && hasUnits(layer.type));
  return atEnd || last < 0 ? layers.length : last;
}

const hasUnits = (type: Json | undefined): boolean =>
  KINDS.some(([key, { options }]) => key === type && options.some((option) => option.key === "units"));

interface LayerRowProps {
  readonly layer: Json;
  readonly index: number;
  readonly count: number;
  onMove(by: -1 | 1): void;
  onRemove(): void;
}

function LayerRow({ layer, index, count, onMove, onRemove }: LayerRowProps) {
  const { faults } = useSpecForm();
  const type = isObject(layer) && typeof layer.type === "string" ? layer.type : "?";
  const kind = KINDS.find(([key]) => key === type)?.[1];
  const pointer = `/model/layers/${index}`;
  const shown = new Set(kind?.options.map(({ key }) => `${pointer}/${key}`));
  const fault = [...faults].find(([at]) => (at === pointer || at.startsWith(`${pointer}/`)) && !shown.has(at));
  const name = `layer ${index}, ${kind?.label ?? type}`;
  return (
    <li class="layer-row" data-group={kind?.group ?? "other"}>
      <span class="layer-number muted">{index}</span>
      <span class="layer-name">{kind?.label ?? type}</span>
      <div class="layer-options">
        {kind
          ? kind.options.map(({ key, label, byDefault }) => (
              <NumberAt key={key} pointer={`${pointer}/${key}`} label={label} placeholder={byDefault} />
            ))
          : null}
        <OtherOptions layer={layer} known={["type", ...(kind?.options.map(({ key }) => key) ?? [])]} />
      </div>
      <div class="row layer-tools">
        <Button
          small
          variant="quiet"
          icon="arrow_up"
          label={`Move ${name} up`}
          disabled={index === 0}
          onClick={() => onMove(-1)}
        />
        <Button
          small
          variant="quiet"
          icon="arrow_down"
          label={`Move ${name} down`}
          disabled={index === count - 1}
          onClick={() => onMove(1)}
        />
        <Button small variant="quiet" icon="x" label={`Remove ${name}`} onClick={onRemove} />
      </div>
      {fault && (
        <p class="field-error layer-fault" role="alert">
          <Icon name="alert" size={14} />
          {fault[1]}
        </p>
      )}
    </li>
  );
}

/** Options that the form does not show: they are edited as JSON. */
function OtherOptions({ layer, known }: { readonly layer: Json; readonly known: readonly string[] }) {
  if (!isObject(layer)) return null;
  const others = Object.entries(layer).filter(([key]) => !known.includes(key));
  if (others.length === 0) return null;
  return <code class="layer-others">{others.map(([key, value]) => `${key}: ${textOf(value)}`).join(", ")}</code>;
}

function AddLayer({ onAdd }: { readonly onAdd: (kind: LayerKind, atEnd: boolean) => void }) {
  const id = useId();
  const [chosen, setChosen] = useState("linear");
  const kind = KINDS.find(([key]) => key === chosen)?.[1];
  return (
    <div class="add-layer">
      <label class="visually-hidden" for={id}>
        Kind of layer
      </label>
      <select id={id} class="input" value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
        {LAYER_GROUPS.map((group) => (
          <optgroup key={group} label={group}>
            {KINDS.filter(([, each]) => each.group === group).map(([key, { label }]) => (
              <option key={key} value={key}>
                {label}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
      <Button icon="plus" onClick={() => kind && onAdd(kind, false)}>
        Add hidden
      </Button>
      <Button icon="plus" onClick={() => kind && onAdd(kind, true)}>
        Add at the end
      </Button>
    </div>
  );
}
