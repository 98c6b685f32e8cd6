/** The view that compares jobs: their curves in shared charts, their results, and the differences of their specs. */
import { useState } from "preact/hooks";
import type { Job } from "../../../client/answers.ts";
import { isFalling, mainFigure } from "../../../client/score.ts";
import { BetterThan } from "../../jobs/better.tsx";
import { colorAt, comparedIds, compareHref } from "../../jobs/comparison-address.ts";
import { useApp, useTitle } from "../../shell/app-context.ts";
import type { ViewProps } from "../../shell/view.ts";
import { Button, LinkButton } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { StateBadge } from "../../ui/state-badge.tsx";
import { Card } from "../../ui/surfaces.tsx";
import { type Compared, useCompared, useSteadyIds } from "./follow-all.ts";
import { namesOf } from "./names.ts";
import { Overlay } from "./overlay.tsx";
import { Picker } from "./picker.tsx";
import { Results } from "./results.tsx";
import { LoggedRuns } from "./runs/logged-runs.tsx";
import { SpecTable } from "./spec-table.tsx";
import { Swatch } from "./swatch.tsx";

export default function ComparePage({ query }: ViewProps) {
  const runs = query.get("runs");
  return runs === null ? <CompareJobs query={query} /> : <LoggedRuns shown={runs === "all" ? "all" : "logged"} />;
}

function CompareJobs({ query }: Pick<ViewProps, "query">) {
  const { router } = useApp();
  useTitle("Compare");
  const ids = useSteadyIds(comparedIds(query));
  const compared = useCompared(ids);
  const [picking, setPicking] = useState(false);
  const pick = (next: readonly string[]) => router.navigate(compareHref(next), { replace: true });
  const jobs = compared.map(({ job }) => job);
  return (
    <div class="page">
      <div class="page-head">
        <h1 tabIndex={-1}>Compare</h1>
        <div class="actions">
          <LinkButton href="/compare?runs=logged">Logged runs</LinkButton>
          {ids.length >= 2 && (
            <Button icon="plus" onClick={() => setPicking(true)}>
              Choose jobs
            </Button>
          )}
        </div>
      </div>
      {ids.length > 0 && <Chips compared={compared} onRemove={(id) => pick(ids.filter((each) => each !== id))} />}
      {ids.length < 2 && (
        <Card title={ids.length === 0 ? "Choose jobs" : "Choose a second job"}>
          <Picker ids={ids} onPick={pick} />
        </Card>
      )}
      {ids.length > 0 && (
        <Overlay ids={ids} jobs={compared}>
          <Results jobs={jobs} />
          <BetterJobs jobs={jobs} />
          <SpecTable jobs={jobs} />
        </Overlay>
      )}
      {picking && (
        <Dialog title="Choose jobs" onClose={() => setPicking(false)}>
          <Picker ids={ids} onPick={pick} />
        </Dialog>
      )}
    </div>
  );
}

/** Maximum jobs that the best is compared with: each is a request. */
const MAX_OTHERS = 8;

/** For jobs with a model: whether the one with the best score is better than each of the others. */
function BetterJobs({ jobs }: { readonly jobs: readonly (Job | undefined)[] }) {
  const names = namesOf(jobs);
  const models = jobs.flatMap((job, position) => {
    const figure = job?.score ? mainFigure(job.score) : null;
    if (!job?.model || figure?.model == null) return [];
    const name = names[position] ?? job.name;
    const { data, split, seed } = job.spec;
    const heldOut = JSON.stringify([data, split, seed]);
    return [{ ref: job.model.id, name, heldOut, value: isFalling(figure.name) ? -figure.model : figure.model }];
  });
  const [best, ...rest] = models.toSorted((a, b) => b.value - a.value);
  // Scores on different rows cannot be compared: the server would refuse.
  const others = rest.filter(({ heldOut }) => heldOut === best?.heldOut);
  return best && others.length > 0 ? <BetterThan best={best} others={others.slice(0, MAX_OTHERS)} /> : null;
}

interface ChipsProps {
  readonly compared: readonly Compared[];
  onRemove(id: string): void;
}

function Chips({ compared, onRemove }: ChipsProps) {
  const names = namesOf(compared.map(({ job }) => job));
  return (
    <ul class="chips" aria-label="Compared jobs">
      {compared.map(({ id, job, problem }, position) => (
        <li key={id} class="chip">
          <Swatch color={colorAt(position)} />
          {job ? (
            <>
              <a class="truncate" href={`/jobs/${id}`}>
                {names[position]}
              </a>
              <StateBadge state={job.state} />
            </>
          ) : (
            <span class="truncate muted">{problem ? problem.detail : id}</span>
          )}
          <Button variant="quiet" small icon="x" label={`Remove ${names[position] ?? id}`} onClick={() => onRemove(id)} />
        </li>
      ))}
    </ul>
  );
}
