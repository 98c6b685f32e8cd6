/** Why a job that asked a question, and has ended, has no answer to show. */
import type { Job } from "../../../client/answers.ts";

/** `stopped` says it of a job that did not come to its end. */
export const withoutAnswer = ({ state }: Job, stopped: string): string =>
  state === "succeeded" ? "The answer was stored with the model, which was deleted or never kept" : stopped;
