/** The phase of the server: starting, ready or draining, for routes and open streams. The composition root changes it. */

export type Phase = "starting" | "ready" | "draining";

export interface Lifecycle {
  readonly phase: Phase;
  /** Aborts when draining begins. */
  readonly draining: AbortSignal;
  /** Lets the server accept jobs. */
  markReady(): void;
  /** Makes the server refuse new jobs and end its streams. */
  drain(): void;
}

/** Creates the lifecycle of a server that is starting. */
export function createLifecycle(): Lifecycle {
  const draining = new AbortController();
  let phase: Phase = "starting";
  return {
    get phase() {
      return phase;
    },
    draining: draining.signal,
    markReady() {
      if (phase === "starting") phase = "ready";
    },
    drain() {
      phase = "draining";
      draining.abort();
    },
  };
}
