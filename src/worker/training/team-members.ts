/** The threads that help a training thread with its steps: starts as many as there are cores for, and reports those that die. */
import { Worker } from "node:worker_threads";
import { countSharedMemory, type Invitation, limitTeam, reportLost } from "../../training/run/team.ts";

export interface TeamMembers {
  /** Sets the number of threads of the next calls, the training thread included. Threads that are missing are started. */
  allow(threads: number): void;
  /** Ends the threads, whatever they are doing. */
  close(): void;
}

/**
 * Opens the team that a training thread invites to, with only that thread. `onError` gets the error of a thread that died or could not be
 * started; `onNoHelp` is called in the second case, in which the others continue without it. `entry` is the entry of a thread; a test may
 * use its own.
 */
export function openTeam(
  invitation: Invitation,
  onError: (error: unknown) => void,
  onNoHelp: () => void,
  entry = new URL("./team-thread.ts", import.meta.url),
): TeamMembers {
  const members: (Worker | null)[] = [];
  let isClosed = false;
  try {
    countSharedMemory(invitation.memory);
  } catch {
    // If even untouched memory is refused, collections are only less timely.
  }
  const start = (): Worker | null => {
    try {
      const member = new Worker(entry, { workerData: invitation });
      let hasJoined = false;
      member.on("message", () => {
        hasJoined = true;
      });
      member.on("error", (error) => {
        onError(error);
        if (!hasJoined && !isClosed) onNoHelp();
      });
      // A member that ends by itself was dismissed.
      member.on("exit", (code) => {
        if (code !== 0 && hasJoined && !isClosed) reportLost(invitation);
      });
      return member;
    } catch (error) {
      onError(error);
      queueMicrotask(onNoHelp);
      return null;
    }
  };
  return {
    allow(threads) {
      if (isClosed) return;
      limitTeam(invitation, threads);
      while (members.length < threads - 1) members.push(start());
    },
    close() {
      isClosed = true;
      for (const member of members) void member?.terminate();
    },
  };
}
