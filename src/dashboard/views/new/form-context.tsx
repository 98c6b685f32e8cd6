/** The form's fields: each shows and changes the spec at a JSON pointer, with the server's error there. */
import { createContext } from "preact";
import { useContext, useState } from "preact/hooks";
import { type Faults, faultAt, type Json, type JsonObject, valueAt } from "../../request/draft.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { RangeField } from "./sweep/range-field.tsx";
import { canVary, rangeAround, rangesOf } from "./sweep/sweep-draft.ts";

export interface SpecForm {
  readonly spec: JsonObject;
  readonly faults: Faults;
  /** Changes the value at a pointer; undefined removes it, so that the default holds. */
  set(pointer: string, value: Json | undefined): void;
  /** Everything of the sweep but its job; null while no number is a range. */
  readonly sweep: JsonObject | null;
  /** The errors of the sweep, by their pointers in its spec. */
  readonly sweepFaults: Faults;
  /** Changes the sweep at a pointer of its spec. */
  setSweep(pointer: string, value: Json | undefined): void;
  /** Makes the number at a pointer a range, another one, or one number again: null. */
  vary(pointer: string, range: Json | null): void;
  /** Changes a list whose items may have moved: `origins` says where each was before, null for a new one. */
  setItems(pointer: string, items: readonly Json[], origins: readonly (number | null)[]): void;
}

const Context = createContext<SpecForm | null>(null);

export const SpecFormProvider = Context.Provider;

/** Returns the form's spec and errors. Throws an Error outside of SpecFormProvider. */
export function useSpecForm(): SpecForm {
  const form = useContext(Context);
  if (!form) throw new Error("no SpecFormProvider above this field");
  return form;
}

interface PlacedProps {
  readonly pointer: string;
  readonly label: string;
  readonly hint?: string;
}

/** A number, empty for the default, which `placeholder` shows; or a range of numbers. */
export function NumberAt({
  pointer,
  label,
  hint,
  placeholder = "",
  step = "any",
}: PlacedProps & { readonly placeholder?: string; readonly step?: number | "any" }) {
  const { spec, faults, set, sweep, sweepFaults, vary } = useSpecForm();
  const value = valueAt(spec, pointer);
  const [text, setText] = useState("");
  const range = rangesOf(sweep)[pointer];
  if (range !== undefined)
    return <RangeField {...{ label, pointer, range }} faults={sweepFaults} onChange={(next) => vary(pointer, next)} />;
  // What was typed stays while it means the same number: "0." on the way to "0.05".
  const shown = typeof value !== "number" ? "" : text !== "" && Number(text) === value ? text : String(value);
  return (
    <TextField
      label={label}
      {...(hint && { hint })}
      type="number"
      inputmode="decimal"
      step={step}
      placeholder={placeholder}
      value={shown}
      error={faultAt(faults, pointer)}
      {...(canVary(pointer) && {
        after: (
          <Button
            variant="quiet"
            icon="range"
            label={`Make ${label} a range`}
            onClick={() => vary(pointer, rangeAround(pointer, value, step === 1))}
          />
        ),
      })}
      onInput={(next) => {
        setText(next);
        set(pointer, next === "" || Number.isNaN(Number(next)) ? undefined : Number(next));
      }}
    />
  );
}

/** A line of text; empty for the default. */
export function TextAt({ pointer, label, hint, placeholder = "" }: PlacedProps & { readonly placeholder?: string }) {
  const { spec, faults, set } = useSpecForm();
  const value = valueAt(spec, pointer);
  return (
    <TextField
      label={label}
      {...(hint && { hint })}
      placeholder={placeholder}
      value={typeof value === "string" ? value : ""}
      error={faultAt(faults, pointer)}
      onInput={(text) => set(pointer, text === "" ? undefined : text)}
    />
  );
}

export interface Choice {
  /** Empty for the default: the value is then left out. */
  readonly value: string;
  readonly label: string;
}

/** A choice among a few values. */
export function ChoiceAt({ pointer, label, hint, options }: PlacedProps & { readonly options: readonly Choice[] }) {
  const { spec, faults, set } = useSpecForm();
  const value = valueAt(spec, pointer);
  return (
    <SelectField
      label={label}
      {...(hint && { hint })}
      value={typeof value === "string" ? value : ""}
      options={options}
      error={faultAt(faults, pointer)}
      onChange={(next) => set(pointer, next === "" ? undefined : next)}
    />
  );
}
