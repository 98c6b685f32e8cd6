/**
 * What a test file has started and not yet ended. A test that fails before it stops its server would leave it running, beside
 * whatever is tested next: each-file.ts ends what is left when the file is over. Knows no Vitest, since programs that are no
 * tests start servers by the same helpers.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

type End = () => Promise<unknown>;

/** By what it is called in the message. */
const running = new Map<End, string>();
/** Between files: a hook that was given up may still come to start something. */
let isBetween = false;

/** Before a file starts anything. */
export function beginFile(): void {
  isBetween = false;
}

/** Something that must be over with the file. Returns what tells that it is. */
export function mustEnd(name: string, end: End): () => void {
  if (isBetween) void end();
  running.set(end, name);
  return () => void running.delete(end);
}

/** A process that must be over with the file. With `signal` "SIGTERM" it may end its own first. */
export function mustExit<T extends ChildProcess>(child: T, signal: "SIGKILL" | "SIGTERM" = "SIGKILL"): T {
  const end = async (): Promise<void> => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, "exit");
    if (!killGroup(child.pid, signal)) child.kill(signal);
    await exit;
  };
  const isOver = mustEnd(`process ${child.pid}: ${child.spawnargs.join(" ").slice(0, 100)}`, end);
  child.once("exit", isOver);
  child.once("error", isOver);
  return child;
}

/** A process that was started detached leads a group, which goes with it. Returns whether it does. */
function killGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/** Ends what is left. Returns what that was. */
export async function endLeftovers(): Promise<string[]> {
  isBetween = true;
  const left = [...running];
  running.clear();
  await Promise.all(left.map(([end]) => end()));
  return left.map(([, name]) => name);
}
