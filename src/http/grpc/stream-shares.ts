/**
 * How projects share the streams of a server: a project may begin one while it has fewer than are left free. One project alone gets half
 * of them, two get a third each, and one that has none yet finds room (the dynamic threshold of Choudhury and Hahne, IEEE/ACM Transactions
 * on Networking 6(2), 1998). Knows nothing of gRPC.
 */

export interface StreamShares {
  /** Counts a stream of a project; null if its share is taken. Returns the function to call once when the stream ends. */
  begin(project: string): (() => void) | null;
}

/** Shares `most` streams. */
export function createStreamShares(most: number): StreamShares {
  const counts = new Map<string, number>();
  let total = 0;
  const count = (project: string, change: 1 | -1): void => {
    total += change;
    const streams = (counts.get(project) ?? 0) + change;
    if (streams === 0) counts.delete(project);
    else counts.set(project, streams);
  };
  return {
    begin(project) {
      if ((counts.get(project) ?? 0) >= most - total) return null;
      count(project, 1);
      return () => count(project, -1);
    },
  };
}
