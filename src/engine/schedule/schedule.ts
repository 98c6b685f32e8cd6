/** The contract of a learning-rate schedule, and schedules that depend only on the epoch. Schedules step after every epoch. */

/** The state of a schedule, as plain JSON for saving. */
export type ScheduleState = Readonly<Record<string, number | null>>;

export interface Schedule {
  /** The current learning rate. */
  readonly lr: number;
  /** Whether `step` needs a metric. */
  readonly needsMetric: boolean;
  /** Advances by one epoch. Throws a RangeError if a metric is needed and missing. */
  step(metric?: number): void;
  /** Returns the state that `restore` needs to resume here. */
  state(): ScheduleState;
  /** Resumes from a saved state of the same spec and base rate. */
  restore(state: ScheduleState): void;
}

/** The learning rate after `epoch` steps, given the rate before the first step. */
export type RateOfEpoch = (epoch: number, baseLr: number) => number;

/** Creates a schedule whose only state is the number of steps. */
export function scheduleOf(rate: RateOfEpoch, baseLr: number): Schedule {
  let epoch = 0;
  let lr = rate(0, baseLr);
  const goTo = (next: number): void => {
    epoch = next;
    lr = rate(epoch, baseLr);
  };
  return {
    get lr() {
      return lr;
    },
    needsMetric: false,
    step: () => goTo(epoch + 1),
    state: () => ({ epoch }),
    restore: (state) => goTo(state.epoch ?? 0),
  };
}
