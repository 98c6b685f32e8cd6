/** The cells at the end of a shared memory through which the threads of a team meet: their offsets from its first, in bytes. */

/** Cells that many threads write are in separate cache lines. */
export const CELLS = {
  /** The next chunk of the phase that nobody has taken. */
  next: 0,
  /** Threads that have arrived at the end of the phase. */
  arrived: 64,
  /** Grows when all have arrived. Threads that wait for it are notified. */
  phase: 128,
  /** The number of the call times `CALL`, plus the threads that take part in it. Grows with each call, and threads are notified. */
  call: 192,
  /** Of the call: the number of the program, and its steps. */
  program: 196,
  steps: 200,
  /** Threads that have joined, besides the first. */
  joined: 256,
  /** Maximum threads of a call, which the pool may change at any time when it divides the cores. */
  limit: 260,
  /** 1 when a thread has died: what it was computing is lost. */
  lost: 264,
} as const;

/** Bytes of all cells. */
export const CELL_BYTES = 320;

/** Most threads of a team. */
export const MAX_THREADS = 64;

/** How much the cell `call` grows by. Its remainder is the number of threads, or `DISMISSED`. */
export const CALL = 128;

/** Instead of a number of threads: there will be no more calls. */
export const DISMISSED = 127;
