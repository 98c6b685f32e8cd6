/**
 * Divides the cores for training: each run has one, and the others go to runs that can use more. A run that starts takes its core from the
 * others at once. Knows only numbers.
 */

/** A run that has a core. */
export interface CoreShare {
  /** Asks for up to this many cores in all. Calls `onChange` with their number, now and whenever it changes. */
  request(most: number, onChange: (cores: number) => void): void;
  /** Returns all of them. */
  release(): void;
}

export interface CoreShares {
  /** Takes `cores` for a run that starts, which keeps them whatever else runs. */
  take(cores: number): CoreShare;
}

interface Run {
  readonly own: number;
  most: number;
  given: number;
  onChange: (cores: number) => void;
}

/** Creates the shares of this many cores. */
export function createCoreShares(cores: number): CoreShares {
  const runs = new Set<Run>();
  const share = (): void => {
    let left = cores - [...runs].reduce((sum, { own }) => sum + own, 0);
    // Those that want least first, so that the rest is left for the others.
    const wanting = [...runs].filter(({ own, most }) => most > own).sort((a, b) => a.most - a.own - (b.most - b.own));
    wanting.forEach((run, index) => {
      const more = Math.max(0, Math.min(run.most - run.own, Math.floor(left / (wanting.length - index))));
      left -= more;
      if (run.given === run.own + more) return;
      run.given = run.own + more;
      run.onChange(run.given);
    });
  };
  return {
    take(own) {
      const run: Run = { own, most: own, given: own, onChange: () => undefined };
      runs.add(run);
      share();
      return {
        request(most, onChange) {
          // A new request has not been told any number yet.
          Object.assign(run, { most, onChange, given: own });
          share();
        },
        release() {
          if (runs.delete(run)) share();
        },
      };
    },
  };
}
