/** Form fields: label, control, hint and error, linked for screen readers. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "./icon.tsx";

/** The attributes that link a control to its label. */
export interface ControlProps {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": "true" | undefined;
}

export interface FieldProps {
  readonly label: ComponentChildren;
  readonly hint?: ComponentChildren;
  /** The server's error for this field. */
  readonly error?: string | null | undefined;
  /** Renders the control with the attributes that link it to the label. */
  readonly children: (control: ControlProps) => ComponentChildren;
}

export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error ? "true" : undefined })}
      {hint && (
        <span class="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {error && (
        <span class="field-error" id={`${id}-error`} role="alert">
          <Icon name="alert" size={14} />
          {error}
        </span>
      )}
    </div>
  );
}

/** Attributes that pass on to the element as they are. */
interface InputAttributes {
  readonly type?: "text" | "number" | "password" | "url";
  readonly name?: string;
  readonly placeholder?: string;
  readonly autocomplete?: string;
  readonly inputmode?: "decimal" | "numeric";
  readonly min?: number;
  readonly max?: number;
  readonly step?: number | "any";
  readonly required?: boolean;
}

type InputProps = Omit<FieldProps, "children"> &
  InputAttributes & {
    readonly value: string;
    /** A small control beside the input. */
    readonly after?: ComponentChildren;
    onInput(value: string): void;
  };

/** A single-line input. */
export function TextField({ label, hint, error, onInput, after, type = "text", ...rest }: InputProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <span class="input-row">
          <input
            {...rest}
            {...control}
            type={type as "text"}
            class="input"
            onInput={(event) => onInput(event.currentTarget.value)}
          />
          {after}
        </span>
      )}
    </Field>
  );
}

type SelectProps = Omit<FieldProps, "children"> & {
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly disabled?: boolean;
  onChange(value: string): void;
};

export function SelectField({ label, hint, error, value, options, disabled, onChange }: SelectProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <select
          {...control}
          class="input"
          value={value}
          disabled={disabled}
          onChange={(event) => onChange(event.currentTarget.value)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

export interface CheckProps {
  readonly label: ComponentChildren;
  readonly checked: boolean;
  readonly disabled?: boolean;
  onChange(checked: boolean): void;
}

export function Check({ label, checked, disabled = false, onChange }: CheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}

export interface SegmentsProps<V extends string> {
  /** What is being chosen, for screen readers. */
  readonly label: string;
  readonly value: V;
  readonly options: readonly { readonly value: V; readonly label: ComponentChildren }[];
  onChange(value: V): void;
}

/** A choice of one among a few, all visible. */
export function Segments<V extends string>({ label, value, options, onChange }: SegmentsProps<V>) {
  const name = useId();
  return (
    <fieldset class="segments-set">
      <legend class="visually-hidden">{label}</legend>
      <span class="segments">
        {options.map((option) => (
          <label key={option.value}>
            <input type="radio" name={name} checked={option.value === value} onChange={() => onChange(option.value)} />
            {option.label}
          </label>
        ))}
      </span>
    </fieldset>
  );
}
