/**
 * The origin of a tensor of a graph: the part of a step and the layer that was being built when it was created. It describes tensors to
 * people; no computation uses it.
 */

export interface Scope {
  /** "forward", "loss", "gradient" ...: as the builder of the program names its parts; "" outside of any. */
  readonly part: string;
  /** The path of the layer, "1" or "1.layers.0", or the name of a parameter where one is updated; "" outside of any. */
  readonly path: string;
  /** The type of the layer, loss or optimiser; "" if nothing named one. */
  readonly type: string;
}

const OUTSIDE: Scope = { part: "", path: "", type: "" };
let current = OUTSIDE;

/** The scope of tensors that are created now. */
export function currentScope(): Scope {
  return current;
}

/** Runs `action`; the tensors that it creates have this scope. */
export function withScope<T>(scope: Scope, action: () => T): T {
  const outer = current;
  current = scope;
  try {
    return action();
  } finally {
    current = outer;
  }
}

/** Runs `action` within the current scope, with another part, a segment further along the path, or another type. */
export function inScope<T>(change: { part?: string; segment?: string; type?: string }, action: () => T): T {
  const { part = current.part, segment, type = current.type } = change;
  const path = [current.path, segment ?? ""].filter((each) => each !== "").join(".");
  return withScope({ part, path, type }, action);
}
