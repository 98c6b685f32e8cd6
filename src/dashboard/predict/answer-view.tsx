/** A prediction: a number, or the classes with their probabilities as bars. */
import type { PredictionAnswer } from "../../client/answers.ts";
import { cssColour, usePalette } from "../plots/palette.ts";
import { formatChosenShare, formatShare, formatValue } from "../shell/format.ts";

const MAX_CLASSES = 20;

export interface AnswerViewProps {
  readonly answer: PredictionAnswer | null;
  /** In the order of the model's outputs, which gives them their colours. */
  readonly classes: readonly string[];
  /** The names of the targets; empty if they have none. */
  readonly targets: readonly string[];
  /** The coverage of its intervals or sets; null if it has none. */
  readonly coverage: number | null;
}

type Bound = number | string;

/** The intervals of an answer: one pair, or one for each of several targets. */
function pairsOf(interval: Extract<PredictionAnswer, { value: unknown }>["interval"]): readonly [Bound, Bound][] {
  if (!interval) return [];
  return Array.isArray(interval[0]) ? (interval as [Bound, Bound][]) : [interval as [Bound, Bound]];
}

export function AnswerView({ answer, classes, targets, coverage }: AnswerViewProps) {
  if (answer && "value" in answer) {
    const intervals = pairsOf(answer.interval);
    return <Values values={[answer.value].flat()} intervals={intervals} coverage={coverage} targets={targets} />;
  }
  return <Classes answer={answer && "label" in answer ? answer : null} classes={classes} coverage={coverage} />;
}

interface ValuesProps extends Pick<AnswerViewProps, "targets" | "coverage"> {
  readonly values: readonly Bound[];
  readonly intervals: readonly [Bound, Bound][];
}

function Values({ values, intervals, targets, coverage }: ValuesProps) {
  return (
    <dl class="predicted-values">
      {values.map((value, index) => (
        <div key={index}>
          <dt class="muted">{targets[index] ?? "value"}</dt>
          <dd class="predicted">{formatValue(value)}</dd>
          <Interval bounds={intervals[index]} coverage={coverage} />
        </div>
      ))}
    </dl>
  );
}

function Interval({ bounds, coverage }: { readonly bounds: [Bound, Bound] | undefined; readonly coverage: number | null }) {
  if (!bounds || coverage === null) return null;
  const [low, high] = bounds;
  return (
    <dd class="muted">
      {formatValue(low)} to {formatValue(high)} in {formatChosenShare(coverage)} of cases
    </dd>
  );
}

interface ClassesProps extends Pick<AnswerViewProps, "coverage"> {
  readonly answer: Extract<PredictionAnswer, { label: unknown }> | null;
  readonly classes: readonly string[];
}

function Classes({ answer, classes, coverage }: ClassesProps) {
  const palette = usePalette();
  const all = classes.map((label, index) => ({ label, index, share: answer?.probabilities[label] ?? 0 }));
  // With many classes, only the most probable ones are shown.
  const shown = all.length > MAX_CLASSES ? [...all].sort((a, b) => b.share - a.share).slice(0, MAX_CLASSES) : all;
  return (
    <>
      <p class="predicted">{answer ? answer.label : "–"}</p>
      {answer?.set && coverage !== null && (
        <p class="muted">
          In {formatChosenShare(coverage)} of cases the true class is in this set: {answer.set.join(", ")}.
        </p>
      )}
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
