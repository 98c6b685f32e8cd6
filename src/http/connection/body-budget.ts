/**
 * The memory of request bodies: those that are arriving, waiting for a thread or being processed, in all and for each project. A body counts from
 * its first bytes until its request is answered. Knows no use case.
 */
import type { ServerResponse } from "node:http";
import { TrainyardError } from "../../domain/errors.ts";

/** Maximum bodies of the largest size at a time, in all and for one project. */
const BODIES = 8;
const OF_A_PROJECT = 4;
/** Smaller bodies are not counted: most requests have one, and it is processed within a millisecond. */
const FREE_BYTES = 64 * 1024;

/** The bytes of one body. */
export interface BodyLease {
  /** Sets the bytes of the body so far. Throws rate_limited or unavailable if they exceed a limit together with other bodies, and unavailable if the client has disconnected. */
  hold(bytes: number): void;
}

export interface BodyBudget {
  /** The lease of a request of a project, which ends when its response is closed. */
  lease(project: string, response: Pick<ServerResponse, "once" | "closed">): BodyLease;
  /** The bytes of all bodies that count now. */
  bytes(): number;
}

/** A budget for bodies of at most `largestBytes` each. */
export function createBodyBudget(largestBytes: number): BodyBudget {
  const [most, mostOfProject] = [BODIES * largestBytes, OF_A_PROJECT * largestBytes];
  const byProject = new Map<string, number>();
  let total = 0;
  const count = (project: string, change: number): void => {
    total += change;
    const bytes = (byProject.get(project) ?? 0) + change;
    if (bytes === 0) byProject.delete(project);
    else byProject.set(project, bytes);
  };
  return {
    bytes: () => total,
    lease(project, response) {
      let held = 0;
      let isOver = response.closed;
      response.once("close", () => {
        isOver = true;
        if (held > 0) count(project, -held);
        held = 0;
      });
      return {
        hold(bytes) {
          // No answer would release the bytes of a body that is still being unpacked after its client has gone.
          if (isOver) throw new TrainyardError("unavailable", "the connection closed before its body was read");
          const more = bytes - held;
          if (bytes <= FREE_BYTES || more <= 0) return;
          if ((byProject.get(project) ?? 0) + more > mostOfProject)
            throw tooMuch("rate_limited", `${project} has`, mostOfProject);
          if (total + more > most) throw tooMuch("unavailable", "there are", most);
          held = bytes;
          count(project, more);
        },
      };
    },
  };
}

function tooMuch(code: "rate_limited" | "unavailable", who: string, bytes: number): TrainyardError {
  const detail = `${who} request bodies of ${bytes} bytes in progress, which is the maximum (from TRAINYARD_MAX_BODY_BYTES): send this one again when some are answered`;
  return new TrainyardError(code, detail);
}
