/** The learning curve of a job that asked whether more data would help. */
import type { Job, Model } from "../../../client/answers.ts";
import { isOver } from "../../jobs/job-reading.ts";
import { CurveCard } from "../../learning-curve/curve-card.tsx";
import { useApp } from "../../shell/app-context.ts";
import { useResource } from "../../shell/resource.ts";
import { Empty, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { withoutAnswer } from "./without-answer.ts";

export function CurveTab({ job }: { readonly job: Job }) {
  const { api } = useApp();
  const id = job.model?.id ?? null;
  const model = useResource(async (signal): Promise<Model | null> => (id === null ? null : api.model(id, { signal })), [id]);
  if (model.error) return <Problem error={model.error} retry={model.reload} />;
  const curve = model.data?.evaluation?.learning_curve;
  if (curve) return <CurveCard curve={curve} />;
  if (isOver(job) && id === null)
    return (
      <div class="card">
        <Empty icon="clock" title={withoutAnswer(job, "The job ended before it had done all trainings")} />
      </div>
    );
  return <Skeleton height="320px" />;
}
