/** Why a thread of a pool died, in words. */

const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";

/** True when a thread's JavaScript heap was too small for what it was asked to do. */
export function isOutOfMemory(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === OUT_OF_MEMORY;
}

/** True when memory for an array or a WebAssembly instance was not to be had: V8 says so in a RangeError, in these words. */
export function isAllocationFailure(error: unknown): boolean {
  return error instanceof RangeError && /allocat|out of memory/i.test(error.message);
}

/** An error whose message may be shown, with what Node said as its cause. */
export function crashOf(cause: unknown, who: string): Error {
  if (isOutOfMemory(cause)) return new Error(`${who} ran out of memory`, { cause });
  const exit = /^worker exited with code: (\d+)$/.exec((cause as Error | null)?.message ?? "");
  return new Error(exit ? `${who} exited with code ${exit[1]}` : `${who} died`, { cause });
}
