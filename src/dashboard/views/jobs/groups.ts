/** Jobs in groups of one idea (the same table, the same target of it, or the same network), and the position of each line of the list. Pure. */
import type { Job } from "../../../client/answers.ts";
import type { DatasetNames } from "../../jobs/dataset-names.ts";
import { describeData, describeModel } from "../../jobs/job-reading.ts";

type Idea = "data" | "target" | "model";
/** An idea, or a tag by its name. */
export type Grouping = Idea | `tags.${string}`;

/** The choices, as the address has them and as they are shown. */
export const GROUPINGS: readonly { readonly value: Idea; readonly label: string }[] = [
  { value: "data", label: "data" },
  { value: "target", label: "data and target" },
  { value: "model", label: "model" },
];

/** Reads a grouping from the address; null: none. */
export const groupingOf = (text: string | null): Grouping | null =>
  text?.startsWith(TAGS) ? (text as Grouping) : (GROUPINGS.find(({ value }) => value === text)?.value ?? null);

const TAGS = "tags.";

/** The groupings by tags that some of these jobs have, by name. */
export function tagGroupings(jobs: readonly Job[]): readonly Grouping[] {
  const names = new Set(jobs.flatMap(({ tags }) => Object.keys(tags)));
  return [...names].sort().map((name): Grouping => `tags.${name}`);
}

function titlesOf(grouping: Grouping): (job: Job, names: DatasetNames) => string {
  if (grouping in TITLES) return TITLES[grouping as Idea];
  const name = grouping.slice(TAGS.length);
  return ({ tags }) => (tags[name] === undefined ? `without ${name}` : `${name} ${tags[name]}`);
}

const TITLES: Readonly<Record<Idea, (job: Job, names: DatasetNames) => string>> = {
  data: ({ spec }, names) => describeData(spec.data, names, false),
  target: ({ spec }, names) => describeData(spec.data, names, true),
  model: ({ spec }) => describeModel(spec),
};

/** A line of the list: a job with its place in its group, or the head of a group. */
export type Line =
  | { readonly kind: "job"; readonly id: string; readonly rank: number | null }
  | { readonly kind: "group"; readonly title: string; readonly count: number };

/** The lines with their tops in px, and last the height of all. */
export interface Layout {
  readonly lines: readonly Line[];
  readonly tops: readonly number[];
}

export interface LayoutOptions {
  readonly grouping: Grouping | null;
  readonly names: DatasetNames;
  readonly rowPx: number;
  readonly headPx: number;
}

/** Lays out jobs in their order; in groups, the one with the first job comes first. Unknown jobs are left out of groups. */
export function layOut(
  ids: readonly string[],
  jobOf: (id: string) => Job | undefined,
  { grouping, names, rowPx, headPx }: LayoutOptions,
): Layout {
  const lines: Line[] = grouping
    ? [...groupsOf(ids, jobOf, titlesOf(grouping), names)].flatMap(([title, members]): Line[] => [
        { kind: "group", title, count: members.length },
        ...members.map((id, place) => ({ kind: "job", id, rank: place + 1 }) as const),
      ])
    : ids.map((id) => ({ kind: "job", id, rank: null }));
  const tops = [0];
  for (const { kind } of lines) tops.push((tops.at(-1) as number) + (kind === "job" ? rowPx : headPx));
  return { lines, tops };
}

function groupsOf(
  ids: readonly string[],
  jobOf: (id: string) => Job | undefined,
  titleOf: (job: Job, names: DatasetNames) => string,
  names: DatasetNames,
): ReadonlyMap<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const id of ids) {
    const job = jobOf(id);
    if (!job) continue;
    const title = titleOf(job, names);
    const members = groups.get(title);
    if (members) members.push(id);
    else groups.set(title, [id]);
  }
  return groups;
}
