/** The form's fields: each shows and changes the spec at a JSON pointer, with the server's error there. */
import { createContext } from "preact";
import { useContext, useState } from "preact/hooks";
import { SelectField, TextField } from "../../ui/field.tsx";
import { type Faults, faultAt, type Json, type JsonObject, valueAt } from "./draft.ts";

export interface SpecForm {
  readonly spec: JsonObject;
  readonly faults: Faults;
  /** Changes the value at a pointer; undefined removes it, so that the default holds. */
  set(pointer: string, value: Json | undefined): void;
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

/** A number; empty for the default, which `placeholder` shows. */
export function NumberAt({
  pointer,
  label,
  hint,
  placeholder = "",
  step = "any",
}: PlacedProps & { readonly placeholder?: string; readonly step?: number | "any" }) {
  const { spec, faults, set } = useSpecForm();
  const value = valueAt(spec, pointer);
  const [text, setText] = useState("");
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
