/**
 * How often intervals over rows and seeds hold what is true. A training is a straight line whose slopes are those of its spec and something
 * of its own for each seed: lines that cost nothing, since an interval knows no difference.
 */
import type { SeedFigure } from "../../../src/domain/explanations/seeds.ts";
import { createRandom, streamKey } from "../../../src/engine/index.ts";
import { classInfluences } from "../../../src/training/certainty/influences.ts";
import { withIntervals } from "../../../src/training/certainty/intervals.ts";
import { blocksOf, intervalOverSeeds, spreadOf } from "../../../src/training/certainty/over-seeds.ts";
import { pairFigures } from "../../../src/training/certainty/paired.ts";
import { evaluate, type Predicted } from "../../../src/training/evaluate/evaluate.ts";
import type { Covered } from "./generated.ts";

const WIDTH = 4;
const FIGURES = ["accuracy", "log_loss"] as const;
const LABELS = ["0", "1"];
/** Trainings that say what is true of a mean over seeds: so many that their own chance widens what is measured by 2 %. */
const TRUE_SEEDS = 300;

const sigmoid = (value: number): number => 1 / (1 + Math.exp(-value));

/** FIGURES of predicted rows, by their definition: influences would take most of the time. */
function figuresOf({ rows, outputs, targets }: Predicted): number[] {
  let [right, loss] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const [probability, isOne] = [outputs[row] as number, targets[row] === 1];
    if (probability > 0.5 === isOne) right += 1;
    loss -= Math.log(isOne ? probability : 1 - probability);
  }
  return [right / rows, loss / rows];
}

/** How often the interval of a new training, and that of a difference of means, hold what `fresh` rows say; by figure. */
export function seedCoverage(rows: number, seeds: number, repeats: number, fresh: number, first = 0): Map<string, Covered> {
  const covered = new Map<string, Covered>();
  const count = (name: string, value: number, [from, to]: readonly [number, number]) => {
    const counted = covered.get(name) ?? { intervals: 0, held: 0 };
    covered.set(name, counted);
    counted.intervals += 1;
    if (value >= from && value <= to) counted.held += 1;
  };
  for (let repeat = first; repeat < first + repeats; repeat++) {
    const random = createRandom(streamKey(repeat + rows * 1_000_000 + seeds * 1000, "coverage/seeds"));
    const slopes = Array.from({ length: WIDTH }, () => random.normal());
    const linearValue = (features: Float32Array, row: number, line: readonly number[]) =>
      line.reduce((sum, slope, at) => sum + slope * (features[row * WIDTH + at] as number), 0);
    const draw = (count: number) => {
      const features = Float32Array.from({ length: count * WIDTH }, () => random.normal());
      const targets = Float32Array.from({ length: count }, (_, row) =>
        random.uniform() < sigmoid(linearValue(features, row, slopes)) ? 1 : 0,
      );
      return { rows: count, features, targets };
    };
    const [scored, fresher] = [draw(rows), draw(fresh)];
    const luck = 0.1 + random.uniform();
    const sides = [0, 1].map(() => {
      const spec = slopes.map((slope) => slope + 0.5 * random.normal());
      const train = () => {
        const line = spec.map((slope) => slope + luck * random.normal());
        return ({ rows, features, targets }: ReturnType<typeof draw>): Predicted => {
          return {
            rows,
            targets,
            outputs: Float32Array.from({ length: rows }, (_, row) => sigmoid(linearValue(features, row, line))),
          };
        };
      };
      const own = train()(scored);
      const others = Array.from({ length: seeds }, () => classInfluences(train()(scored), 2));
      const figures = FIGURES.map((figure) => {
        const scores = others.map((influences) => {
          const influence = influences[figure]();
          if (!influence) throw new Error(figure);
          return { value: influence.value, blocks: blocksOf(influence) };
        });
        const spread = spreadOf(scores);
        if (!spread) throw new Error(figure);
        const { mean, sd, seedSd: seed_sd, blocks } = spread;
        const values = scores.map(({ value }) => value);
        return { spread, found: { figure, own: null, mean, sd, seed_sd, blocks: [...blocks], values } satisfies SeedFigure };
      });
      const truths = Array.from({ length: TRUE_SEEDS }, () => figuresOf(train()(fresher)));
      return { predicted: own, scalings: [], seeds: { figures: figures.map(({ found }) => found) }, figures, truths };
    });
    const [a, b] = sides as [(typeof sides)[0], (typeof sides)[0]];
    const { intervals } = withIntervals(evaluate(a.predicted, LABELS), a.predicted, LABELS, []);
    const compared = pairFigures(a, b, 2);
    FIGURES.forEach((figure, at) => {
      const [range, spread] = [intervals?.[figure], a.figures[at]?.spread];
      const own = classInfluences(a.predicted, 2)[figure]()?.value as number;
      if (range && spread)
        count(`${figure} of a new training`, a.truths[0]?.[at] as number, intervalOverSeeds(figure, own, range, spread));
      const over = compared.find((each) => each.figure === figure)?.over_seeds;
      const mean = ({ truths }: typeof a) => truths.reduce((sum, values) => sum + (values[at] as number), 0) / TRUE_SEEDS;
      if (over) count(`${figure} of means`, mean(b) - mean(a), [over.from, over.to]);
    });
  }
  return covered;
}
