/**
 * The profile of a field as a small picture below its control: a line over the range of a number, a bar for each category. The mean over
 * training rows is a dashed line, or a mark on each bar.
 */
import { formatShare, formatValue } from "../shell/format.ts";
import type { Profile } from "./profile.ts";

const WIDTH = 100;
const HEIGHT = 28;
/** Room for the line at the top and the bottom. */
const EDGE = 2;
const GAP = 2;

export interface ProfilePictureProps {
  readonly profile: Profile;
  readonly name: string;
  /** The field as it is; an empty one is missing. */
  readonly text: string;
  /** What is drawn: a class, whose probability it is, or null for a value. */
  readonly label: string | null;
  /** A CSS colour: that of the class in the answer. */
  readonly colour: string;
}

export function ProfilePicture({ profile, name, text, label, colour }: ProfilePictureProps) {
  const { values, heights, mean } = profile;
  const isLine = typeof values[0] === "number";
  const y = (height: number) => EDGE + (1 - height) * (HEIGHT - 2 * EDGE);
  return (
    <svg
      class="profile"
      style={{ color: colour }}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={saidOf(profile, name, label)}
    >
      {isLine ? (
        <>
          <Mark values={values as readonly number[]} text={text} />
          {mean && <path class="profile-mean" d={lineOf(mean.heights, (index) => x(values, mean.values[index]), y)} />}
          <path d={lineOf(heights, (index) => x(values, values[index]), y)} />
        </>
      ) : (
        heights.map((height, index) => {
          const width = WIDTH / values.length;
          const [left, right] = [index * width + GAP / 2, (index + 1) * width - GAP / 2];
          const usual = mean?.heights[mean.values.indexOf(values[index] as string)];
          return (
            <g key={String(values[index])}>
              <rect
                data-chosen={String(values[index]) === text}
                x={left}
                y={y(height)}
                width={right - left}
                height={HEIGHT - y(height)}
              >
                <title>{`${values[index]}: ${figureText(profile.answers[index] ?? null, label)}`}</title>
              </rect>
              {usual !== undefined && <path class="profile-mean" d={`M${left} ${y(usual)}L${right} ${y(usual)}`} />}
            </g>
          );
        })
      )}
    </svg>
  );
}

/** Where the field's value is on its line. */
function Mark({ values, text }: { readonly values: readonly number[]; readonly text: string }) {
  const [first = 0] = values;
  const last = values.at(-1) ?? first;
  const share = (Number(text) - first) / (last - first);
  if (text === "" || !(share >= 0 && share <= 1)) return null;
  return <line x1={share * WIDTH} x2={share * WIDTH} y1={0} y2={HEIGHT} />;
}

/** Where a value is on the line of all of them. */
function x(values: readonly unknown[], value: unknown): number {
  const [first, own, last] = [values[0], value, values.at(-1)] as [number, number, number];
  return ((own - first) / (last - first)) * WIDTH;
}

const lineOf = (heights: readonly number[], across: (index: number) => number, down: (height: number) => number): string =>
  heights.map((height, index) => `${index === 0 ? "M" : "L"}${across(index)} ${down(height)}`).join("");

const figureText = (figure: number | null, label: string | null): string =>
  label === null ? formatValue(figure) : formatShare(figure);

/** In words: the ends of a line, or each category. */
function saidOf({ values, answers }: Profile, name: string, label: string | null): string {
  const told = typeof values[0] === "number" ? [0, values.length - 1] : [...values.keys()];
  const parts = told.map((index) => `${figureText(answers[index] ?? null, label)} at ${formatValue(values[index])}`);
  return `${label === null ? "The value" : `The probability of ${label}`} by ${name}: ${parts.join(", ")}`;
}
