/** Why a prediction is what it is: a bar for each column that moves it, to the right if it adds and to the left if it subtracts. */
import type { Explanation } from "../../client/answers.ts";
import { ApiError } from "../../client/error.ts";
import { axisName } from "../plots/features.ts";
import { formatShare, formatValue } from "../shell/format.ts";
import { Button } from "../ui/button.tsx";
import { type ContributionBar, contributionBars } from "./contributions.ts";
import type { Explained } from "./use-explanation.ts";

export interface ContributionsViewProps {
  /** Null if the training rows are not available. */
  readonly explained: Explained | null;
  /** The class whose probability is explained; null for a value. */
  readonly label: string | null;
}

export function ContributionsView({ explained, label }: ContributionsViewProps) {
  if (!explained)
    return <p class="muted contributions-note">Not explained: the training rows of the model are not on this server.</p>;
  const { explanation, error, isAsked, ask } = explained;
  if (!isAsked)
    return (
      <div>
        <Button small onClick={ask}>
          Explain
        </Button>
      </div>
    );
  if (error) return <p class="muted contributions-note">{reasonOf(error)}</p>;
  return explanation && <Bars explanation={explanation} label={label} />;
}

function Bars({ explanation, label }: { readonly explanation: Explanation; readonly label: string | null }) {
  const found = contributionBars(explanation, label);
  if (!found) return null;
  const { base, bars, others } = found;
  const text = label === null ? formatValue : formatShare;
  const what = label === null ? "the value" : `the probability of ${label}`;
  return (
    <section class="contributions" aria-label="Why">
      <p class="muted contributions-note">
        {text(base)} on average over the training rows; this row's columns change {what} by:
      </p>
      <ul class="bars" aria-label={`Contributions to ${what}`}>
        {bars.map((bar) => (
          <li key={bar.column ?? "others"} class="bar-row">
            <span class="truncate" title={bar.column ?? undefined}>
              {bar.column === null ? `${others} other columns` : axisName(bar.column)}
            </span>
            <span class="bar contribution" data-negative={bar.value < 0}>
              <span style={placeOf(bar)} />
            </span>
            <span class="num">{signed(bar.value, text)}</span>
          </li>
        ))}
      </ul>
      {!explanation.exact && (
        <p class="muted contributions-note">Estimated from {explanation.permutations} orders of the columns.</p>
      )}
    </section>
  );
}

/** From the middle to the right, or to the left. */
function placeOf({ value, length }: ContributionBar) {
  const width = length * 50;
  return { width: `${width}%`, marginLeft: `${value < 0 ? 50 - width : 50}%` };
}

const signed = (value: number, text: (value: number) => string): string =>
  value < 0 ? `−${text(-value)}` : value > 0 ? `+${text(value)}` : text(0);

/** Why there is no explanation, for example because the model is too large. */
function reasonOf(error: unknown): string {
  const reason = error instanceof ApiError ? error.problem.detail : null;
  return reason ? `Not explained: ${reason}` : "Not explained: the server did not answer.";
}
