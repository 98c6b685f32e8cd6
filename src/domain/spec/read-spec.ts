/** Reads JSON by the schema of a spec: expands short forms, fills in defaults, and gives every fault its place. */
import type { z } from "zod";
import type { FieldError } from "../errors.ts";
import { fieldErrors } from "./spec-errors.ts";
import { type ExplainUnknown, spellOut } from "./spellings.ts";

/** Reads a spec from JSON. Returns it in full, or every fault of it; `explain` says where an unknown field belongs. */
export function readSpec<T extends z.ZodType>(
  json: unknown,
  schema: T,
  explain: ExplainUnknown,
): { readonly spec: z.output<T> } | { readonly errors: FieldError[] } {
  const { value, errors, shortened } = spellOut(json, schema);
  const parsed = schema.safeParse(value);
  if (parsed.success && errors.length === 0) return { spec: parsed.data };
  const others = parsed.success ? [] : fieldErrors(parsed.error, explain);
  // A value written as its type alone has no field for it.
  const atWritten = ({ pointer, detail }: FieldError) => {
    const parent = pointer.replace(/\/type$/, "");
    return { pointer: parent !== pointer && shortened.has(parent) ? parent : pointer, detail };
  };
  return { errors: [...errors, ...others.map(atWritten)] };
}
