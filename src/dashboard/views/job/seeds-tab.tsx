/** How much a score depends on its seed: each figure with the model's own seed, and with other seeds. */
import type { Job, Model } from "../../../client/answers.ts";
import { comparedLabel } from "../../../client/better.ts";
import { type SeedFigure, seedMeanText, seedSentence, seedValueText } from "../../../client/questions/seeds.ts";
import { isOver } from "../../jobs/job-reading.ts";
import { useApp } from "../../shell/app-context.ts";
import { SCORE_FORMAT } from "../../shell/format.ts";
import { useResource } from "../../shell/resource.ts";
import { Card, Empty, Problem, Skeleton } from "../../ui/surfaces.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { withoutAnswer } from "./without-answer.ts";

export function SeedsTab({ job }: { readonly job: Job }) {
  const { api } = useApp();
  const id = job.model?.id ?? null;
  const model = useResource(async (signal): Promise<Model | null> => (id === null ? null : api.model(id, { signal })), [id]);
  if (model.error) return <Problem error={model.error} retry={model.reload} />;
  const seeds = model.data?.evaluation?.seeds;
  if (!seeds)
    return isOver(job) && id === null ? (
      <div class="card">
        <Empty icon="clock" title={withoutAnswer(job, "The job ended before it had trained with every seed")} />
      </div>
    ) : (
      <Skeleton height="320px" />
    );
  return (
    <div class="stack">
      <h2>{seedSentence(seeds, SCORE_FORMAT).replace(/^./, (first) => first.toUpperCase())}</h2>
      <p class="muted">
        In brackets: the range of a training with a new seed on fresh rows, nine times in ten.{" "}
        {!seeds.agrees && "Another version of the engine trained the model: its weights differ from those of this training."}
      </p>
      <Card title="Figures" flush>
        <Table caption="Figures over seeds" columns={COLUMNS} rows={seeds.figures} keyOf={({ figure }) => figure} />
      </Card>
    </div>
  );
}

const number = (key: string, title: string, render: (figure: SeedFigure) => string): Column<SeedFigure> => ({
  ...{ key, title, numeric: true, render },
});

const COLUMNS: readonly Column<SeedFigure>[] = [
  { key: "figure", title: "Figure", render: (figure) => <span class="nowrap">{comparedLabel(figure)}</span> },
  number("own", "Own seed", (figure) => seedValueText(figure.own, figure, SCORE_FORMAT)),
  number("mean", "Mean (90 %)", (figure) => seedMeanText(figure, SCORE_FORMAT)),
  number("sd", "Standard deviation", (figure) => seedValueText(figure.sd, figure, SCORE_FORMAT)),
  number("seed", "By seed alone", (figure) => seedValueText(figure.seed_sd, figure, SCORE_FORMAT)),
];
