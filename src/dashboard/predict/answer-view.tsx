/** A prediction: a number, or the classes with their probabilities as bars. */
import type { PredictionAnswer } from "../../client/answers.ts";
import { cssColour, usePalette } from "../plots/palette.ts";
import { formatShare, formatValue } from "../shell/format.ts";

const MAX_CLASSES = 20;

export interface AnswerViewProps {
  readonly answer: PredictionAnswer | null;
  /** In the order of the model's outputs, which gives them their colours. */
  readonly classes: readonly string[];
  /** The names of the targets; empty where they have none. */
  readonly targets: readonly string[];
}

export function AnswerView({ answer, classes, targets }: AnswerViewProps) {
  if (answer && "value" in answer) return <Values values={[answer.value].flat()} targets={targets} />;
  return <Classes answer={answer && "label" in answer ? answer : null} classes={classes} />;
}

function Values({ values, targets }: { readonly values: readonly (number | string)[]; readonly targets: readonly string[] }) {
  return (
    <dl class="predicted-values">
      {values.map((value, index) => (
        <div key={index}>
          <dt class="muted">{targets[index] ?? "value"}</dt>
          <dd class="predicted">{formatValue(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ClassesProps {
  readonly answer: Extract<PredictionAnswer, { label: unknown }> | null;
  readonly classes: readonly string[];
}

function Classes({ answer, classes }: ClassesProps) {
  const palette = usePalette();
  const all = classes.map((label, index) => ({ label, index, share: answer?.probabilities[label] ?? 0 }));
  // Of many classes, only the most probable ones are shown.
  const shown = all.length > MAX_CLASSES ? [...all].sort((a, b) => b.share - a.share).slice(0, MAX_CLASSES) : all;
  return (
    <>
      <p class="predicted">{answer ? answer.label : "–"}</p>
      <ul class="bars" aria-label="Probabilities">
        {shown.map(({ label, index, share }) => (
          <li key={label} class="bar-row" data-chosen={answer !== null && label === String(answer.label)}>
            <span class="truncate">{label}</span>
            <span class="bar">
              <span style={{ width: `${share * 100}%`, background: cssColour(palette.classColour(index)) }} />
            </span>
            <span class="num">{answer ? formatShare(share) : "–"}</span>
          </li>
        ))}
      </ul>
      {all.length > shown.length && (
        <p class="muted explorer-note">
          The {shown.length} most probable of {all.length} classes.
        </p>
      )}
    </>
  );
}
