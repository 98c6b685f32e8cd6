/**
 * Runs numbered trainings on this thread and on assistants, and returns their results in the order of their numbers. A training is a
 * function of the job and its number, so it does not matter which thread runs it.
 */

/** Another thread that runs trainings for the same job, one after the other. */
export interface Assistant<Trained> {
  /** Gives it a number to train, after those that it has. */
  start(number: number): void;
  /** Returns what it has finished next; null if nothing yet. "lost" if it has died, with everything that it was given. */
  take(): { readonly number: number; readonly trained: Trained } | "lost" | null;
  /** Ends its thread, whatever it is doing. */
  close(): void;
}

/** The other threads. */
export interface Assistants<Trained> {
  /** Starts one more; null if there is no core for it. */
  open(): Assistant<Trained> | null;
  /** Waits until one of them has finished something that was not taken, for at most this long. */
  wait(ms: number): void;
}

/** What to train, and with how many threads. */
export interface SharedWork<Trained> {
  /** The first and the last number. */
  readonly first: number;
  readonly last: number;
  /** Null if this thread is alone. */
  readonly assistants: Assistants<Trained> | null;
  /** How many assistants may train now. Surplus ones finish what they have. */
  readonly most: () => number;
  /** Maximum numbers that an assistant may have at a time: more than one if a training takes less time than handing out the next. */
  readonly ahead: () => number;
}

export interface SharedTrainings<Trained> {
  /** Returns a training by its number; null when the job has ended in the meantime. Numbers must be requested in order. */
  take(number: number): Trained | null;
  /** Gives assistants their next numbers. Called every few milliseconds while this thread trains. */
  poll(): void;
  /** Ends the assistants. */
  close(): void;
}

/** How long this thread waits for its assistants before it checks whether the job has ended. */
const WAIT_MS = 50;
/**
 * An assistant may die silently (its heap is full), and this thread, which never returns to its event loop, is not
 * told. So it counts as lost after this long without a result from any assistant, and several times the longest training here. A training
 * that is done twice has the same bits.
 */
const MIN_PATIENCE_MS = 10_000;
const LONGEST_PATIENCE = 4;

/** Distributes trainings. `train` runs one here: null when the job has ended in the meantime, which `ended` returns. */
export function shareTrainings<Trained>(
  { first, last, assistants, most, ahead }: SharedWork<Trained>,
  train: (number: number) => Trained | null,
  ended: () => boolean,
): SharedTrainings<Trained> {
  const trained = new Map<number, Trained>();
  /** Each assistant with the numbers that it has. */
  const helpers: { readonly assistant: Assistant<Trained>; readonly given: Set<number> }[] = [];
  /** Numbers of lost assistants, to be trained here. */
  const returned: number[] = [];
  let next = first;
  let isRefused = assistants === null;
  let longestMs = 0;
  /** How long this thread has waited since the last result. */
  let waitedMs = 0;
  const lose = (helper: (typeof helpers)[number]) => {
    returned.push(...helper.given);
    helper.assistant.close();
    helpers.splice(helpers.indexOf(helper), 1);
    // One that died may do so again.
    isRefused = true;
  };
  const collect = () => {
    for (const helper of [...helpers]) {
      const { assistant, given } = helper;
      for (let result = assistant.take(); result; result = assistant.take()) {
        waitedMs = 0;
        if (result === "lost") {
          lose(helper);
          break;
        }
        given.delete(result.number);
        trained.set(result.number, result.trained);
      }
    }
  };
  const poll = () => {
    collect();
    const allowed = most();
    while (!isRefused && helpers.length < allowed && next < last) {
      const opened = assistants?.open() ?? null;
      if (opened) helpers.push({ assistant: opened, given: new Set() });
      else isRefused = true;
    }
    for (const { assistant, given } of helpers.slice(0, allowed)) {
      while (given.size < ahead() && next <= last) {
        given.add(next);
        assistant.start(next++);
      }
    }
  };
  /** The number that this thread trains now; null if only assistants have some left. */
  const ownNumber = (): number | null => returned.shift() ?? (next <= last ? next++ : null);
  const trainHere = (number: number): Trained | null => {
    const begun = performance.now();
    const result = train(number);
    longestMs = Math.max(longestMs, performance.now() - begun);
    return result;
  };
  const wait = () => {
    assistants?.wait(WAIT_MS);
    waitedMs += WAIT_MS;
    if (waitedMs > Math.max(MIN_PATIENCE_MS, LONGEST_PATIENCE * longestMs)) for (const helper of [...helpers]) lose(helper);
  };
  return {
    poll,
    take(number) {
      for (;;) {
        poll();
        const known = trained.get(number);
        if (known) {
          trained.delete(number);
          return known;
        }
        if (ended()) return null;
        const own = ownNumber();
        if (own === null) wait();
        else {
          const result = trainHere(own);
          if (!result) return null;
          trained.set(own, result);
        }
      }
    },
    close() {
      for (const { assistant } of helpers) assistant.close();
    },
  };
}
