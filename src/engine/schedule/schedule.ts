/** The contract of a learning-rate schedule, and the schedules that are functions of the epoch alone. Stepped after every epoch. */

/** The state of a schedule to save: plain JSON. */
export type ScheduleState = Readonly<Record<string, number | null>>;

export interface Schedule {
  /** The learning rate in force now. */
  readonly lr: number;
  /** Whether `step` must be told a metric. */
  readonly needsMetric: boolean;
  /** One epoch is over. Throws a RangeError if a metric is needed and missing. */
  step(metric?: number): void;
  /** What `restore` needs to go on from here. */
  state(): ScheduleState;
  /** Goes on from a saved state of the same spec and base rate. */
  restore(state: ScheduleState): void;
}

/** The learning rate after `epoch` steps, from that before the first. */
export type RateOfEpoch = (epoch: number, baseLr: number) => number;

/** A schedule whose whole state is the number of steps taken. */
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
