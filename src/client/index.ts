/** What `import ... from "trainyard"` gives: the client, its errors, and the types of what it takes and answers. */
export { isTerminal, JOB_STATES, type JobState } from "../domain/job.ts";
export { VERSION } from "../domain/version.ts";
export type * from "./answers.ts";
export { type BatchQuery, type Client, createClient, type PageQuery, type Row } from "./client.ts";
export { ApiError, type ProblemDocument, UnreachableError } from "./error.ts";
export type { TransportOptions } from "./transport.ts";
export type { WatchOptions } from "./watch.ts";
