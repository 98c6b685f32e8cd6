/** The messages of the page's one WebSocket (GET /v1/stream). */
import type { Frame, Job } from "../../client/answers.ts";
import type { ProblemDocument } from "../../client/error.ts";

/** What the server sends. */
export type LiveMessage =
  | Frame
  | JobsMessage
  /** From here on every change of every job is sent: a list that is read now misses nothing. */
  | { readonly type: "subscribed"; readonly topic: "jobs" }
  | { readonly type: "error"; readonly problem: ProblemDocument; readonly job: string | null };

/** Of the topic `jobs`: a job has changed, or was deleted. */
export type JobsMessage = { readonly type: "job"; readonly job: Job } | { readonly type: "removed"; readonly id: string };

/** What the page sends. */
export type LiveRequest =
  | { readonly type: "subscribe"; readonly job: string; readonly after: number }
  | { readonly type: "unsubscribe"; readonly job: string }
  | { readonly type: "subscribe" | "unsubscribe"; readonly topic: "jobs" };
