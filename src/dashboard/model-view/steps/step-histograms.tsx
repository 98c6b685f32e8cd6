/** Gradients and activations at the slider's snapshot, replayed: a histogram for each parameter and each layer. */
import type { Job, Replay, TensorFigures } from "../../../client/answers.ts";
import { ApiError } from "../../../client/error.ts";
import { formatCount, formatValue } from "../../shell/format.ts";
import { Card, Notice, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { HistogramFigure } from "../histograms.tsx";
import { useReplayedStep } from "./replayed-step.ts";

interface StepHistogramsProps {
  readonly job: Job;
  /** Of the shown snapshot: its epoch, and steps of the next one. */
  readonly epoch: number;
  readonly step: number;
}

export function StepHistograms({ job, epoch, step }: StepHistogramsProps) {
  // The start says how many steps an epoch has; it is the cheapest to replay.
  const start = useReplayedStep(job, 0, []);
  const wanted = start.data ? epoch * start.data.steps_per_epoch + step : null;
  const replayed = useReplayedStep(job, wanted, ["gradients", "activations"]);
  const error = start.error ?? replayed.error;
  const { data } = replayed;
  return (
    <section aria-label="Gradients and activations">
      <Card title="Gradients and activations">
        {error ? (
          <NotReplayed error={error} retry={start.error ? start.reload : replayed.reload} />
        ) : data ? (
          <div class="stack">
            <p class="muted" role="status">
              {placeOf(data)}: loss {formatValue(data.loss)} on {formatCount(data.rows)} training rows
              {data.step === wanted ? "" : "; the step of the epoch above is being computed"}.
              {data.engine_version === null && " The engine version that trained the job is not known: bits may differ."} The
              tab "Replay" of its job shows every step.
            </p>
            <Tensors title="Gradients" of={data.gradients ?? []} />
            <Tensors title="Activations" of={data.activations ?? []} />
          </div>
        ) : (
          <Skeleton height="240px" />
        )}
      </Card>
    </section>
  );
}

const placeOf = ({ epoch, step_of_epoch: within }: Replay): string =>
  `Epoch ${formatCount(epoch)}${within > 0 ? ` and ${formatCount(within)} steps` : ""}`;

/** A step that cannot be replayed has a reason and a cure, and is not the page's error. */
function NotReplayed({ error, retry }: { readonly error: unknown; readonly retry: () => void }) {
  if (!(error instanceof ApiError) || ![409, 422].includes(error.problem.status))
    return <Problem error={error} retry={retry} />;
  const { detail, errors = [] } = error.problem;
  return <Notice icon="flag">These steps cannot be replayed: {errors[0]?.detail ?? detail}.</Notice>;
}

function Tensors({ title, of: tensors }: { readonly title: string; readonly of: readonly TensorFigures[] }) {
  return (
    <section class="stack" aria-label={title}>
      <h3 class="section-title">{title}</h3>
      <ul class="histograms">
        {tensors.map((tensor) => (
          <li key={tensor.name}>
            <HistogramFigure
              {...{ name: title === "Activations" ? `layer ${tensor.name}` : tensor.name, shape: tensor.shape }}
              {...{ min: tensor.min, max: tensor.max, counts: tensor.histogram }}
              text={`norm ${formatValue(tensor.norm)}, mean ${formatValue(tensor.mean)}, ${Math.round(tensor.zeros * 100)} % zeros`}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
