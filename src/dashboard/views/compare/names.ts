/** Names that distinguish compared jobs: if two have the same name, the differences of their specs are added. Pure. */
import type { Job } from "../../../client/answers.ts";
import { shortId } from "../../shell/format.ts";
import { specLines } from "./spec-differences.ts";

export type Named = Pick<Job, "id" | "name" | "spec">;

/** Values longer than this are not helpful. */
const LONGEST = 14;
/** Maximum differences named: one is often not enough to distinguish three jobs. */
const DIFFERENCES = 2;
/** Fields that follow from others, or that are not part of the idea. */
const DULL = /^\/(name|data\/.*sha256|metrics|checkpoint|priority|threads)/;

/** Returns a name for each job; undefined where there is no job yet. */
export function namesOf(jobs: readonly (Named | undefined)[]): (string | undefined)[] {
  return jobs.map((job) => {
    if (!job) return undefined;
    const alike = jobs.filter((other): other is Named => other?.name === job.name);
    return alike.length < 2 ? job.name : `${job.name} (${differenceOf(job, alike)})`;
  });
}

/** What distinguishes a job from others of its name: "lr 0.05"; the end of its id if nothing does. */
function differenceOf(job: Named, alike: readonly Named[]): string {
  const own = alike.indexOf(job);
  const differing = specLines(alike.map(({ spec }) => spec)).filter(
    ({ pointer, values, differs }) => differs && !DULL.test(pointer) && textOf(values[own]).length <= LONGEST,
  );
  const shown = differing.slice(0, DIFFERENCES);
  const textsOf = (place: number) =>
    shown.map(({ pointer, values }) => `${lastOf(pointer)} ${textOf(values[place])}`).join(", ");
  const texts = alike.map((_, place) => textsOf(place));
  const text = texts[own] ?? "";
  return text !== "" && texts.indexOf(text) === texts.lastIndexOf(text) ? text : shortId(job.id);
}

const textOf = (value: unknown): string =>
  value === undefined ? "none" : typeof value === "string" ? value : JSON.stringify(value);

/** The last step of a pointer that is not a number: units for /model/layers/0/units. */
const lastOf = (pointer: string): string =>
  pointer
    .split("/")
    .filter((step) => step !== "" && !/^\d+$/.test(step))
    .at(-1) ?? pointer;
