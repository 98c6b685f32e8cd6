/** Which of two specs is better whatever its seed: shows the answer if it is known, else asks, and follows the jobs that find out. */
import { useEffect, useState } from "preact/hooks";
import type { ComparedScores, Job } from "../../client/answers.ts";
import type { JobsClient } from "../../client/jobs.ts";
import { createQuestionsClient } from "../../client/questions/questions.ts";
import { betterOverSeedsText } from "../../client/questions/seeds.ts";
import type { CallOptions } from "../../client/transport/transport.ts";
import { isTerminal } from "../../domain/jobs/job.ts";
import { useApp } from "../shell/app-context.ts";
import { asProblem } from "../shell/problem.ts";
import { useResource } from "../shell/resource.ts";
import { Button } from "../ui/button.tsx";
import { useLiveJob } from "./use-live-job.ts";

type Api = Pick<JobsClient, "jobs">;

interface OverSeedsProps {
  readonly compared: ComparedScores;
  /** What each is called here. */
  readonly names: { readonly a: string; readonly b: string };
  /** Compares again: a job has found more. */
  readonly onFound: () => void;
}

const SIDES = ["a", "b"] as const;

export function OverSeeds({ compared, names, onFound }: OverSeedsProps) {
  const { figures, seeds, part } = compared;
  const [main] = figures;
  const text = main && betterOverSeedsText(main, seeds, names.a, names.b);
  if (text) return <span>{text}.</span>;
  if (!main || part === "dataset") return null;
  const missing = SIDES.filter((side) => seeds?.[side] === undefined);
  return <AskSeeds models={missing.map((side) => ({ id: compared[side], name: names[side] }))} onFound={onFound} />;
}

interface AskSeedsProps {
  /** The models for which it is not known. */
  readonly models: readonly { readonly id: string; readonly name: string }[];
  readonly onFound: () => void;
}

function AskSeeds({ models, onFound }: AskSeedsProps) {
  const { api } = useApp();
  const [asked, setAsked] = useState<readonly Job[]>([]);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const ids = models.map(({ id }) => id);
  // Somebody may have asked already.
  const { data: waiting } = useResource(
    async (signal) => {
      const newest = await Promise.all(ids.map((id) => newestAbout(api, id, { signal })));
      return newest.map((job) => (job && !isTerminal(job.state) ? job : null));
    },
    [ids.join()],
  );
  const jobs = models.map(({ id }, place) => asked.find((job) => job.spec.seeds?.model === id) ?? waiting?.[place] ?? null);
  const left = models.filter((_, place) => jobs[place] === null);
  const ask = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    const questions = createQuestionsClient(api.transport);
    try {
      for (const { id } of left) {
        // The same model may have been asked meanwhile, beside another one on this page.
        const known = await newestAbout(api, id);
        const job = known && mayAnswer(known) ? known : await questions.seeds(id, {});
        setAsked((all) => [...all, job]);
      }
    } catch (fault) {
      setError(fault);
    }
    setBusy(false);
  };
  const started = jobs.filter((job) => job !== null);
  return (
    <div class="stack">
      {started.map((job) => (
        <Training key={job.id} id={job.id} onFound={onFound} />
      ))}
      {left.length > 0 && waiting && (
        <div class="row wrap">
          <Button small busy={busy} onClick={() => void ask()}>
            {left.length === 2 ? "Train both with 10 other seeds" : `Train ${left[0]?.name} with 10 other seeds`}
          </Button>
          <span class="muted">
            {error ? asProblem(error).detail : "It is not known yet how much of this is the luck of the seed."}
          </span>
        </div>
      )}
    </div>
  );
}

/** The newest job that asks about a model. */
async function newestAbout({ jobs }: Api, model: string, options?: CallOptions): Promise<Job | null> {
  const { data } = await jobs({ filter: `params."/seeds/model" = "${model}"`, limit: 1 }, options);
  return data[0] ?? null;
}

/** Whether a job has an answer, or will have one. */
const mayAnswer = ({ state }: Job): boolean => state === "succeeded" || !isTerminal(state);

/** The progress of a job that trains with other seeds. */
function Training({ id, onFound }: { readonly id: string; readonly onFound: () => void }) {
  const { job } = useLiveJob(id);
  const isDone = job?.state === "succeeded";
  useEffect(() => {
    if (isDone) onFound();
  }, [isDone, onFound]);
  if (!job) return null;
  const { name, state, epochs_done: done, spec } = job;
  return (
    <span class="muted">
      <a href={`/jobs/${id}`}>{name}</a>: {isTerminal(state) || done === 0 ? state : `${done} of ${spec.epochs} trainings`}
    </span>
  );
}
