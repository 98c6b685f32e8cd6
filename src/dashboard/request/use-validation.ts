/** Validates a spec on the server while it is being written: shortly after each change; the newest answer counts. */
import { useEffect, useState } from "preact/hooks";
import type { Validation } from "../../client/answers.ts";
import { ApiError } from "../../client/error.ts";
import type { SweepValidation } from "../../client/sweeps.ts";
import type { Api } from "../shell/api.ts";
import { useApp } from "../shell/app-context.ts";
import type { Faults } from "./draft.ts";

/** The resolved spec: that of a job, or of the job that a sweep varies. */
export interface Checked extends Pick<Validation, "spec" | "rows" | "memory_bytes" | "notes"> {
  /** Null for a sweep, whose trials may differ in it. */
  readonly parameters: number | null;
  /** The sweep in full; null for a job. */
  readonly sweep: SweepValidation["spec"] | null;
}

export interface Verdict {
  /** `incomplete`: there is nothing to validate yet. `unreachable`: there was no answer about the spec. */
  readonly phase: "checking" | "valid" | "invalid" | "incomplete" | "unreachable";
  /** The answer to the newest valid spec; it stays while a newer one is checked. */
  readonly valid: Checked | null;
  readonly faults: Faults;
  /** An error that is not about the spec. */
  readonly error: unknown;
}

const WAIT_MS = 250;
const NO_FAULTS: Faults = new Map();
const START: Verdict = { phase: "checking", valid: null, faults: NO_FAULTS, error: null };

export interface Written {
  readonly text: string;
  /** Whether it is the spec of a sweep. */
  readonly isSweep: boolean;
  /** Whether there is something to check: the page itself knows which fields are missing. */
  readonly isComplete: boolean;
}

/** Validates what is written, if it is complete. */
export function useValidation({ text, isSweep, isComplete }: Written): Verdict {
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
      check(api, text, isSweep, abort.signal).then(
        (valid) => setVerdict({ phase: "valid", valid, faults: NO_FAULTS, error: null }),
        (error: unknown) => !abort.signal.aborted && setVerdict(verdictOf(error)),
      );
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [api, text, isSweep, isComplete]);
  return verdict;
}

async function check(api: Api, text: string, isSweep: boolean, signal: AbortSignal): Promise<Checked> {
  if (!isSweep) return { ...(await api.validate(text, { signal })), sweep: null };
  const valid = await api.validateSweep(text, { signal });
  return { ...valid, spec: valid.spec.job, parameters: null, sweep: valid.spec };
}

function verdictOf(error: unknown): Verdict {
  const problem = error instanceof ApiError ? error.problem : null;
  if (!problem || problem.status >= 500) return { ...START, phase: "unreachable", error };
  const given = problem.errors ?? [{ pointer: "", detail: problem.detail }];
  // Of several errors at a pointer the first one is the most useful.
  const faults = new Map<string, string>();
  for (const { pointer, detail } of given) if (!faults.has(pointer)) faults.set(pointer, detail);
  return { phase: "invalid", valid: null, faults, error: null };
}
