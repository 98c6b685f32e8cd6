/** Chooses jobs to compare among the newest ones, with a search. */
import { useState } from "preact/hooks";
import type { Job } from "../../../client/answers.ts";
import { MAX_COMPARED } from "../../jobs/comparison-address.ts";
import { describeSpec, searchText } from "../../jobs/job-reading.ts";
import { useApp } from "../../shell/app-context.ts";
import { useNow } from "../../shell/clock.ts";
import { formatAgo } from "../../shell/format.ts";
import { useResource } from "../../shell/resource.ts";
import { useStore } from "../../shell/store.ts";
import { Check, TextField } from "../../ui/field.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Empty, Problem, Skeleton } from "../../ui/surfaces.tsx";

/** How many jobs are offered; older ones can be chosen in the table of jobs. */
const LISTED = 100;

export interface PickerProps {
  readonly ids: readonly string[];
  onPick(ids: readonly string[]): void;
}

export function Picker({ ids, onPick }: PickerProps) {
  const { api, live } = useApp();
  const generation = useStore(live.generation);
  const [search, setSearch] = useState("");
  const { data, error, reload } = useResource((signal) => api.jobs({ limit: LISTED }, { signal }), [generation]);
  const now = useNow(10_000);
  if (error && !data) return <Problem error={error} retry={reload} />;
  if (!data) return <Skeleton height="220px" />;
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = data.data.filter((job) => words.every((word) => searchText(job).includes(word)));
  const toggle = (id: string, on: boolean) => onPick(on ? [...ids, id] : ids.filter((each) => each !== id));
  return (
    <div class="stack">
      <TextField
        label={data.has_more ? `Search the newest ${LISTED} jobs` : "Search jobs"}
        hint={`Compare up to ${MAX_COMPARED}. Jobs that are selected in the table of jobs can be compared too.`}
        value={search}
        onInput={setSearch}
      />
      {found.length === 0 ? (
        <Empty icon="search" title={data.data.length === 0 ? "No jobs yet" : "Nothing found"} />
      ) : (
        <ul class="picker">
          {found.map((job) => (
            <li key={job.id}>
              <Check
                checked={ids.includes(job.id)}
                disabled={!ids.includes(job.id) && ids.length >= MAX_COMPARED}
                label={<Choice job={job} now={now} />}
                onChange={(on) => toggle(job.id, on)}
              />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Choice({ job, now }: { readonly job: Job; readonly now: number }) {
  return (
    <span class="picker-job">
      <strong class="truncate">{job.name}</strong>
      <span class="muted truncate">{describeSpec(job)}</span>
      <StateBadge state={job.state} />
      <span class="muted num">{formatAgo(job.created_at, now)}</span>
    </span>
  );
}
