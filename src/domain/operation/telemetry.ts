/** The interface of the server's telemetry to the code that reports to it. Knows no format. */

/** Reports how an open stream ended. */
export type StreamEnded = (ending: string) => void;

export interface Telemetry {
  /**
   * Reports a request that ended. `route` is the template, because a path would create a series per id. `status` is 499 if the client left
   * before the full answer. `project` is null if nobody was admitted.
   */
  request(method: string, route: string, status: number, seconds: number, project: string | null): void;
  /** Reports a new reader of a stream. Call the returned function when the stream has ended. */
  stream(kind: string): StreamEnded;
  /** Returns all metrics as text of a media type. */
  expose(): Promise<{ readonly type: string; readonly text: string }>;
}

/** Measures nothing. */
export const NO_TELEMETRY: Telemetry = {
  request: () => undefined,
  stream: () => () => undefined,
  expose: async () => ({ type: "text/plain; charset=utf-8", text: "" }),
};
