/** The API's answers about forgetting rows. */
import type { z } from "zod";
import type { ForgetPlan, ForgetReceipt, ForgetState } from "../domain/forget/forget.ts";
import type { forgetBody } from "../domain/forget/forget-request.ts";

/** Which rows are forgotten. */
export type ForgetRequest = z.input<typeof forgetBody>;

/** What forgetting rows would do. */
export interface PlannedForget extends ForgetPlan {
  /** Jobs and sweeps that must end before it can begin. */
  running: string[];
}

/** A run that forgets rows. */
export interface Forget extends ForgetPlan {
  id: string;
  state: ForgetState;
  dataset_id: string;
  /** Number of models trained without the rows, and of all. */
  retrained: number;
  to_retrain: number;
  /** The job that it waits for, or why it waits. */
  waits_for: string | null;
  error: string | null;
  receipt: ForgetReceipt | null;
  created_at: string;
  finished_at: string | null;
}
