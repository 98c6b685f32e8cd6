/** Recognises and describes crashes of the threads of a pool. */
import { TrainyardError } from "../domain/errors.ts";

const OUT_OF_MEMORY = "ERR_WORKER_OUT_OF_MEMORY";

/** True when a thread ended because its JavaScript heap was too small for its task. */
export function isOutOfMemory(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === OUT_OF_MEMORY;
}

/** True when a thread could not be started: the process, or the system, may have no more of them, or of files. */
export function cannotStart(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === "ERR_WORKER_INIT_FAILED";
}

/** True when memory for an array or a WebAssembly instance could not be allocated. V8 throws a RangeError with these words. */
export function isAllocationFailure(error: unknown): boolean {
  return error instanceof RangeError && /allocat|out of memory/i.test(error.message);
}

/** The code with which a thread ended under its task; null when the task failed otherwise. The words are piscina's. */
export function exitCodeOf(error: unknown): string | null {
  return /^worker exited with code: (\d+)$/.exec((error as Error | null)?.message ?? "")?.[1] ?? null;
}

/** Returns an error whose message may be shown to users, with Node's error as its cause. */
export function crashOf(cause: unknown, who: string): Error {
  if (isOutOfMemory(cause)) return new Error(`${who} ran out of memory`, { cause });
  const code = exitCodeOf(cause);
  return new Error(code === null ? `${who} crashed` : `${who} exited with code ${code}`, { cause });
}

/** The error of a task that ends because its pool is being closed: nothing has failed, so the log needs no error. */
export function endedByClosing(cause?: unknown): TrainyardError {
  return Object.assign(new TrainyardError("unavailable", "the server is stopping: send the request again"), { cause });
}
