/** Limits how many requests a second are recorded: a token bucket with the tokens of one second. Knows no spans. */

export interface TraceLimit {
  /** Whether one more request may be recorded now. Takes no token. */
  hasRoom(): boolean;
  /** Takes a token. Returns false if there is none. */
  take(): boolean;
}

/** Creates a full bucket. `now` is a monotonic clock in milliseconds. */
export function createTraceLimit(perSecond: number, now: () => number): TraceLimit {
  let tokens = perSecond;
  let filledAt = now();
  const fill = (): void => {
    const at = now();
    tokens = Math.min(perSecond, tokens + ((at - filledAt) * perSecond) / 1000);
    filledAt = at;
  };
  // Of requests that are not recorded, the clock is read only when the bucket looks empty.
  const hasRoom = (): boolean => {
    if (tokens < 1) fill();
    return tokens >= 1;
  };
  return {
    hasRoom,
    take() {
      // Also while there are some: the time before would fill the bucket again once it is empty.
      fill();
      if (tokens < 1) return false;
      tokens--;
      return true;
    },
  };
}
