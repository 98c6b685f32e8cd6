/** Turns a sweep, or one of its trials, into a draft that can be submitted again. */
import type { JobRows } from "../../../../client/answers.ts";
import type { Sweep, Trial } from "../../../../client/sweeps.ts";
import { type Cloned, cloneSpec } from "../../../request/clone.ts";
import { isObject, type Json, type JsonObject, withValue } from "../../../request/draft.ts";
import type { Draft } from "./sweep-draft.ts";

/** Returns the draft of a sweep, and what it lacks. */
export function cloneSweep(sweep: Sweep, rows: JobRows | null): Draft & Pick<Cloned, "notes"> {
  const { job, ...rest } = sweep.spec;
  const { spec, notes } = cloneSpec({ spec: job, name: job.name ?? sweep.name }, rows);
  return { spec, sweep: JSON.parse(JSON.stringify(rest)) as JsonObject, notes };
}

/** Returns the job of a trial: that of the sweep with the trial's parameters, and what it lacks. */
export function cloneTrial(sweep: Sweep, { number, parameters }: Trial, rows: JobRows | null): Draft & Pick<Cloned, "notes"> {
  const { spec, notes } = cloneSpec({ spec: sweep.spec.job, name: `${sweep.name}-${number}` }, rows);
  const varied = sweep.spec.parameters as unknown as JsonObject;
  // A choice comes before what is varied within it.
  const pointers = Object.keys(parameters).sort((a, b) => a.split("/").length - b.split("/").length);
  const changed = pointers.reduce((now, pointer) => {
    const { [pointer]: parameter } = varied;
    const value = parameters[pointer] as Json;
    const choices = isObject(parameter) ? parameter.choices : undefined;
    return withValue(now, pointer, isObject(choices) ? choices[String(value)] : value);
  }, spec);
  return { spec: changed, sweep: null, notes };
}
