/** Why a job that asked a question has ended without an answer. */
import type { Job } from "../../../client/answers.ts";

/** `stopped` is for a job that did not come to its end. */
export const withoutAnswer = ({ state }: Job, stopped: string): string =>
  state === "succeeded" ? "The answer was stored with the model, which was deleted or never kept" : stopped;
