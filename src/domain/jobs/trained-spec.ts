/** Jobs that train their network again and again to answer a question about a model. Knows no schemas: the page uses it too. */
import type { ResolvedSpec } from "../spec/spec.ts";

/**
 * The question of such a job: about which model, and the epochs of each training; the job's own epochs count the trainings. Undefined for
 * other jobs.
 */
export const questionOf = ({
  influence,
  learning_curve,
  seeds,
}: Pick<ResolvedSpec, "influence" | "learning_curve" | "seeds">) => influence ?? learning_curve ?? seeds;

/** The spec of one training of a job: its own, or that of the trainings of a job that asks a question. */
export function trainedSpec(spec: ResolvedSpec): ResolvedSpec {
  const { influence: _, learning_curve: __, seeds: ___, ...own } = spec;
  const question = questionOf(spec);
  return question ? { ...own, epochs: question.epochs } : own;
}
