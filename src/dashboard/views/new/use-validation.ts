/** Validates a spec on the server while it is being written: shortly after each change; the newest answer counts. */
import { useEffect, useState } from "preact/hooks";
import type { Validation } from "../../../client/answers.ts";
import { ApiError } from "../../../client/error.ts";
import { useApp } from "../../shell/app-context.ts";
import type { Faults } from "./draft.ts";

export interface Verdict {
  /** `incomplete`: there is nothing to validate yet. `unreachable`: there was no answer about the spec. */
  readonly phase: "checking" | "valid" | "invalid" | "incomplete" | "unreachable";
  /** The answer to the newest valid spec; it stays while a newer one is checked. */
  readonly valid: Validation | null;
  readonly faults: Faults;
  /** An error that is not about the spec. */
  readonly error: unknown;
}

const WAIT_MS = 250;
const NO_FAULTS: Faults = new Map();
const START: Verdict = { phase: "checking", valid: null, faults: NO_FAULTS, error: null };

/** Validates `text` unless `isComplete` is false: the page itself knows then what is missing. */
export function useValidation(text: string, isComplete: boolean): Verdict {
  const { api } = useApp();
  const [verdict, setVerdict] = useState<Verdict>(START);
  useEffect(() => {
    if (!isComplete) {
      setVerdict({ ...START, phase: "incomplete" });
      return;
    }
    setVerdict((now) => ({ ...now, phase: "checking" }));
    const abort = new AbortController();
    const timer = setTimeout(() => {
      api.validate(text, { signal: abort.signal }).then(
        (valid) => setVerdict({ phase: "valid", valid, faults: NO_FAULTS, error: null }),
        (error: unknown) => !abort.signal.aborted && setVerdict(verdictOf(error)),
      );
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [api, text, isComplete]);
  return verdict;
}

function verdictOf(error: unknown): Verdict {
  const problem = error instanceof ApiError ? error.problem : null;
  if (!problem || problem.status >= 500) return { ...START, phase: "unreachable", error };
  const given = problem.errors ?? [{ pointer: "", detail: problem.detail }];
  // Of several errors at a pointer the first one says most.
  const faults = new Map<string, string>();
  for (const { pointer, detail } of given) if (!faults.has(pointer)) faults.set(pointer, detail);
  return { phase: "invalid", valid: null, faults, error: null };
}
