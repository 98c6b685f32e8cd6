/** Where the server is in its life, as the routes and open streams need to know it. The composition root moves it on. */

export type Phase = "starting" | "ready" | "draining";

export interface Lifecycle {
  readonly phase: Phase;
  /** Aborts when draining begins. */
  readonly draining: AbortSignal;
  /** From now on the server takes jobs. */
  markReady(): void;
  /** From now on the server takes no new job and ends its streams. */
  drain(): void;
}

/** A life that is starting. */
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
