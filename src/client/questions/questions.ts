/** Questions about a model that a job answers by training its network again and again. The page loads them when they are asked. */
import type { Job } from "../answers.ts";
import { segment, type Transport } from "../transport/transport.ts";
import type { InfluenceRequest } from "./influence.ts";
import type { LearningCurveRequest } from "./learning-curve.ts";
import type { SeedsRequest } from "./seeds.ts";

/** Methods that reject as the transport does. */
export interface QuestionsClient {
  /** Queues the job that finds the rows behind predictions of a model: `evaluation.influence` of its model has the answer. */
  influence(ref: string, request: InfluenceRequest): Promise<Job>;
  /** Queues the job that shows whether more data would help a model: `evaluation.learning_curve` of its model has the answer. */
  learningCurve(ref: string, request: LearningCurveRequest): Promise<Job>;
  /** Queues the job that shows how much a model's score depends on its seed: `evaluation.seeds` of its model has the answer. */
  seeds(ref: string, request: SeedsRequest): Promise<Job>;
}

/** Creates the methods over a transport. */
export function createQuestionsClient({ post }: Pick<Transport, "post">): QuestionsClient {
  const jobOf = (about: string) => (ref: string, request: object) => post<Job>(`v1/models/${segment(ref)}/${about}`, request);
  return { influence: jobOf("influence"), learningCurve: jobOf("learning-curve"), seeds: jobOf("seeds") };
}
