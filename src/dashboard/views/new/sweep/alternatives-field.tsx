/** Alternatives of the network's layers: the layers above are kept under a name, changed, and kept again; a sweep tries them all. */
import { faultAt, type Json, type JsonObject } from "../../../request/draft.ts";
import { Button } from "../../../ui/button.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { useSpecForm } from "../form-context.tsx";
import {
  choicesOf,
  isKept,
  MAX_ALTERNATIVES,
  renamed,
  summaryOf,
  withAlternative,
  withoutAlternative,
} from "./alternatives.ts";
import { rangePointer, rangesOf } from "./sweep-draft.ts";

const POINTER = "/model/layers";

/** `onEdit`: an alternative's layers are to be those of the form. */
export function AlternativesField({
  layers,
  onEdit,
}: {
  readonly layers: readonly Json[];
  readonly onEdit: (layers: readonly Json[]) => void;
}) {
  const { sweep, sweepFaults, vary } = useSpecForm();
  const choices = choicesOf(rangesOf(sweep)[POINTER]);
  const names = Object.keys(choices);
  const at = rangePointer(POINTER);
  const fault = faultAt(sweepFaults, at) ?? [...sweepFaults].find(([pointer]) => pointer.startsWith(`${at}/`))?.[1];
  const change = (next: JsonObject | null) => vary(POINTER, next && { choices: next });
  return (
    <fieldset class="alternatives">
      <legend class="field-label">Alternatives</legend>
      <p class="muted">
        {names.length === 0
          ? "Keep these layers as an alternative, change them, and keep them again: a sweep compares all that you keep."
          : "A sweep chooses among these instead of the layers above."}
      </p>
      <ul class="alternative-list">
        {names.map((name, index) => (
          <li key={index} class="row wrap" data-alternative={name}>
            <input
              class="input"
              aria-label={`Name of alternative ${index + 1}`}
              value={name}
              maxLength={100}
              onChange={(event) => {
                const next = renamed(choices, name, event.currentTarget.value.trim());
                // A name that is taken is shown as it was.
                event.currentTarget.value = Object.keys(next)[index] ?? name;
                if (next !== choices) change(next);
              }}
            />
            <code class="alternative-layers">{summaryOf(choices[name])}</code>
            {Array.isArray(choices[name]) && (
              <Button
                small
                variant="quiet"
                label={`Show the layers of ${name}`}
                onClick={() => onEdit(choices[name] as Json[])}
              >
                Show
              </Button>
            )}
            <Button
              small
              variant="quiet"
              icon="x"
              label={`Remove ${name}`}
              onClick={() => change(withoutAlternative(choices, name))}
            />
          </li>
        ))}
      </ul>
      <Button
        icon="plus"
        disabled={layers.length === 0 || isKept(choices, layers) || names.length >= MAX_ALTERNATIVES}
        onClick={() => change(withAlternative(choices, layers))}
      >
        Keep these layers as an alternative
      </Button>
      {fault && (
        <p class="field-error" role="alert">
          <Icon name="alert" size={14} />
          {fault}
        </p>
      )}
    </fieldset>
  );
}
