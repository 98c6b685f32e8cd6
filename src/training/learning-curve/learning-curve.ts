/**
 * The trainings of a job that shows whether more data would help: it trains its network on growing parts of its training rows, several
 * times each, and scores it on the rows that the job holds out. An epoch of the job is a training. A function of spec, rows and seed.
 */
import type { LearningCurve, LearningCurveOptions } from "../../domain/explanations/learning-curve.ts";
import type { TrainingRun } from "../../domain/ports.ts";
import type { ResolvedSpec } from "../../domain/spec/spec.ts";
import type { Table } from "../data/table.ts";
import { countedTraining, type JobOfTrainings } from "../many/job-of-trainings.ts";
import { type CurveTraining, curveSizes, curveTrainings } from "./curve-rows.ts";
import { createCurveTrainer } from "./curve-trainer.ts";
import { curveFigure } from "./forecast.ts";

type LearningCurveSpec = ResolvedSpec & { readonly learning_curve: LearningCurveOptions };
type LearningCurveRun = TrainingRun & { readonly job: { readonly spec: LearningCurveSpec } };

/** Whether a job computes a learning curve. */
export const asksLearningCurve = (spec: ResolvedSpec): spec is LearningCurveSpec => spec.learning_curve !== undefined;

/** The trainings of the job, and its answer. */
export function learningCurve(run: LearningCurveRun): JobOfTrainings {
  const asked = run.job.spec.learning_curve;
  const trainer = createCurveTrainer(run);
  const { data, part, figureNames } = trainer;
  const sizes = curveSizes(data.train.rows, asked.sizes);
  const trainings = curveTrainings(sizes, asked.repeats);
  return {
    ...trainer,
    trainings: trainings.length,
    train(number, ended) {
      const begun = performance.now();
      const trained = trainer.train(trainings[number] as CurveTraining, ended);
      return trained && countedTraining(number, trained.outcome, begun, () => Float32Array.from(trained.figures));
    },
    answer(model, numbers) {
      const width = numbers.length / trainings.length;
      const failed = trainings.filter((_, number) =>
        numbers.subarray(number * width, (number + 1) * width).every(Number.isNaN),
      );
      /** One of the numbers that each training leaves, by size and repeat. */
      const repeatsAt = (place: number): Float64Array[] => {
        const found = sizes.map(() => new Float64Array(asked.repeats));
        trainings.forEach(({ size, repeat }, number) => {
          (found[size] as Float64Array)[repeat] = numbers[number * width + place] as number;
        });
        return found;
      };
      const scored = (data[part] as Table).rows;
      const answer: LearningCurve = {
        model: asked.model,
        agrees: model.sha256 === asked.sha256,
        part,
        scored_rows: scored,
        training_rows: data.train.rows,
        repeats: asked.repeats,
        failed: failed.length,
        figures: figureNames.flatMap((name, place) => {
          const figure = curveFigure(name, sizes, repeatsAt(place), repeatsAt(figureNames.length + place), scored);
          return figure.points.every(({ mean }) => mean === null) ? [] : [figure];
        }),
      };
      const [fewest] = sizes;
      return {
        reason: `trained ${asked.repeats} times each on ${sizes.length} numbers of rows, from ${fewest} to ${data.train.rows}`,
        evaluation: { learning_curve: answer },
      };
    },
  };
}
