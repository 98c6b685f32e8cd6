/** The form for one row, made from the model's inputs: numbers with sliders, categories as choices, each above its effect on the answer. */
import type { Model } from "../../client/answers.ts";
import type { ModelInput } from "../../domain/models/model-inputs.ts";
import { axisName } from "../plots/features.ts";
import { Field, SelectField, TextField } from "../ui/field.tsx";
import type { Profile, Reach } from "./profile.ts";
import { ProfilePicture } from "./profile-picture.tsx";
import type { RowTexts } from "./row.ts";

const MAX_FIELDS = 200;
const STEPS = 200;

export interface RowFormProps {
  readonly model: Model;
  /** Ranges of the sliders by the index of the input; null if there are too many fields for sliders. */
  readonly reaches: readonly Reach[] | null;
  readonly texts: RowTexts;
  /** By the index of the input. */
  readonly profiles: ReadonlyMap<number, Profile>;
  /** The class whose probability the profiles are; null for values. */
  readonly label: string | null;
  /** The colour of the profiles. */
  readonly colour: string;
  /** Errors by the index of the input. */
  readonly faults: ReadonlyMap<number, string>;
  onChange(index: number, text: string): void;
}

export function RowForm({ model, reaches, texts, profiles, label, colour, faults, onChange }: RowFormProps) {
  const inputs = model.inputs ?? [];
  return (
    <div class={reaches ? "row-form" : "row-form dense"}>
      {inputs.slice(0, MAX_FIELDS).map((input, index) => (
        <InputField
          key={input.name}
          input={input}
          text={texts[index] ?? ""}
          error={faults.get(index) ?? null}
          reach={reaches?.[index] ?? null}
          profile={profiles.get(index) ?? null}
          answered={label}
          colour={colour}
          onChange={(text) => onChange(index, text)}
        />
      ))}
      {inputs.length > MAX_FIELDS && (
        <p class="muted">The other {inputs.length - MAX_FIELDS} columns keep their values; predict a file to set them.</p>
      )}
    </div>
  );
}

interface InputFieldProps {
  readonly input: ModelInput;
  readonly text: string;
  readonly error: string | null;
  readonly reach: Reach;
  readonly profile: Profile | null;
  readonly answered: string | null;
  readonly colour: string;
  onChange(text: string): void;
}

function InputField({ profile, answered, colour, ...control }: InputFieldProps) {
  const { input, text } = control;
  return (
    <div class="row-field">
      <InputControl {...control} />
      {profile && <ProfilePicture profile={profile} name={axisName(input.name)} text={text} label={answered} colour={colour} />}
    </div>
  );
}

type InputControlProps = Omit<InputFieldProps, "profile" | "answered" | "colour">;

function InputControl({ input: { name, type, categories }, text, error, reach, onChange }: InputControlProps) {
  const label = axisName(name);
  if (type === "category" || type === "boolean") {
    const known = categories ?? ["false", "true"];
    const others = known.includes(text) || text === "" ? [] : [text];
    return (
      <SelectField
        label={label}
        value={text}
        error={error}
        options={[...known, ...others].map((value) => ({ value, label: value })).concat({ value: "", label: "missing" })}
        onChange={onChange}
      />
    );
  }
  if (type === "datetime")
    return <TextField label={label} value={text} error={error} placeholder="2026-01-02T03:04:05Z" onInput={onChange} />;
  if (type === "text") return <TextField label={label} value={text} error={error} onInput={onChange} />;
  return <NumberField {...{ label, text, error, reach, onChange }} isWhole={type === "integer"} />;
}

interface NumberFieldProps extends Pick<InputControlProps, "text" | "error" | "reach" | "onChange"> {
  readonly label: string;
  readonly isWhole: boolean;
}

function NumberField({ label, text, error, reach, isWhole, onChange }: NumberFieldProps) {
  return (
    <Field label={label} error={error}>
      {(control) => (
        <span class="number-field">
          {reach && reach.max > reach.min && (
            <input
              type="range"
              aria-label={`${label}, slider`}
              min={reach.min}
              max={reach.max}
              step={isWhole ? 1 : (reach.max - reach.min) / STEPS}
              value={text === "" ? (reach.min + reach.max) / 2 : Number(text)}
              onInput={(event) => onChange(String(Number(Number(event.currentTarget.value).toPrecision(5))))}
            />
          )}
          <input
            {...control}
            type="number"
            inputmode="decimal"
            step={isWhole ? 1 : "any"}
            class="input"
            value={text}
            placeholder="missing"
            onInput={(event) => onChange(event.currentTarget.value)}
          />
        </span>
      )}
    </Field>
  );
}
