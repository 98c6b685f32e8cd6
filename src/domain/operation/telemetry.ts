/** What the server counts and measures of itself, as those who count it see it. Knows no format. */

/** How an open stream ended, as it is counted. */
export type StreamEnded = (ending: string) => void;

export interface Telemetry {
  /** A request was answered. `route` is its template: a path would make a series of every id. */
  request(method: string, route: string, status: number, seconds: number): void;
  /** A stream's reader has come. Call what it returns when it has gone. */
  stream(kind: string): StreamEnded;
  /** Everything, as text of a media type. */
  expose(): Promise<{ readonly type: string; readonly text: string }>;
}

/** Measures nothing. */
export const NO_TELEMETRY: Telemetry = {
  request: () => undefined,
  stream: () => () => undefined,
  expose: async () => ({ type: "text/plain; charset=utf-8", text: "" }),
};
