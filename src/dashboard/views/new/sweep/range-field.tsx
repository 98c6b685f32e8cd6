/** A number that is a range: its ends and scale, or a list of values, in the place of the field of one number. */
import { useState } from "preact/hooks";
import { type Faults, faultAt, isObject, type Json, type JsonObject } from "../../../request/draft.ts";
import { Button } from "../../../ui/button.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { asKind, kindOf, RANGE_KINDS, type RangeKind, rangePointer, valuesOf } from "./sweep-draft.ts";

export interface RangeFieldProps {
  readonly label: string;
  readonly pointer: string;
  readonly range: Json;
  readonly faults: Faults;
  /** Null: one number again. */
  onChange(range: Json | null): void;
}

export function RangeField({ label, pointer, range, faults, onChange }: RangeFieldProps) {
  const kind = kindOf(range);
  const own = isObject(range) ? range : {};
  const fault = faultAt(faults, rangePointer(pointer));
  return (
    <fieldset class="field range-field" data-range={pointer}>
      <legend class="field-label">{label}</legend>
      {kind === null ? (
        <p class="muted">Choices: edit them as JSON.</p>
      ) : kind === "values" ? (
        <ValuesInput label={label} range={own} onChange={onChange} />
      ) : (
        <div class="row range-ends">
          <EndInput label={`${label}, from`} value={own.min} onInput={(min) => onChange({ ...own, min })} />
          <span aria-hidden="true">–</span>
          <EndInput label={`${label}, to`} value={own.max} onInput={(max) => onChange({ ...own, max })} />
        </div>
      )}
      <div class="row">
        {kind !== null && (
          <select
            class="input"
            aria-label={`How ${label} varies`}
            value={kind}
            onChange={(event) => onChange(asKind(own, event.currentTarget.value as RangeKind))}
          >
            {RANGE_KINDS.map(({ value, label: text }) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        )}
        <Button variant="quiet" icon="x" label={`Make ${label} one number`} onClick={() => onChange(null)} />
      </div>
      {fault && (
        <span class="field-error" role="alert">
          <Icon name="alert" size={14} />
          {fault}
        </span>
      )}
    </fieldset>
  );
}

interface EndInputProps {
  readonly label: string;
  readonly value: Json | undefined;
  onInput(value: Json): void;
}

/** An end of a range. Without a number in it the request has null there, of which the server says what is wrong. */
function EndInput({ label, value, onInput }: EndInputProps) {
  const [text, setText] = useState("");
  const shown = typeof value !== "number" ? text : text !== "" && Number(text) === value ? text : String(value);
  return (
    <input
      class="input"
      type="number"
      inputmode="decimal"
      step="any"
      aria-label={label}
      value={shown}
      onInput={(event) => {
        const next = event.currentTarget.value;
        setText(next);
        onInput(next === "" || Number.isNaN(Number(next)) ? null : Number(next));
      }}
    />
  );
}

interface ValuesInputProps {
  readonly label: string;
  readonly range: JsonObject;
  onChange(range: Json): void;
}

function ValuesInput({ label, range, onChange }: ValuesInputProps) {
  const values = Array.isArray(range.values) ? (range.values as readonly Json[]) : [];
  const written = values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(", ");
  const [text, setText] = useState(written);
  // What was typed stays while it means the same list.
  const shown = JSON.stringify(valuesOf(text)) === JSON.stringify(values) ? text : written;
  return (
    <input
      class="input"
      aria-label={`${label}, values`}
      placeholder="4, 8, 16"
      value={shown}
      onInput={(event) => {
        setText(event.currentTarget.value);
        onChange({ values: valuesOf(event.currentTarget.value) });
      }}
    />
  );
}
