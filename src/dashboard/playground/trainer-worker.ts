/**
 * The entry of the playground's worker: trains while the page draws. It loads nothing and may reach no address: its content security policy
 * (http/dashboard.ts) allows it only to compile WebAssembly.
 */
import type { FromWorker, ToWorker } from "./messages.ts";
import { createSession, type Session } from "./session.ts";

/** The used part of a worker's scope: the page's own types know no workers. */
interface WorkerScope {
  onmessage: ((event: { readonly data: ToWorker }) => void) | null;
  postMessage(message: FromWorker): void;
}

const scope = globalThis as unknown as WorkerScope;
let session: Session | null = null;
let current = -1;

scope.onmessage = ({ data }) => {
  try {
    const answer = data.type === "setup" ? setUp(data) : advance(data);
    if (answer) scope.postMessage(answer);
  } catch (error) {
    scope.postMessage({ type: "failed", id: data.id, detail: error instanceof Error ? error.message : String(error) });
  }
};

function setUp({ id, setup }: Extract<ToWorker, { type: "setup" }>): FromWorker {
  current = id;
  session = null;
  session = createSession(setup);
  const { points, classes, parameters } = session;
  return { type: "ready", id, points, classes, parameters, frame: session.advance(null) };
}

/** Null for a training that another has replaced. */
function advance({ id, epochs, budgetMs, lr }: Extract<ToWorker, { type: "advance" }>): FromWorker | null {
  if (id !== current || !session) return null;
  const end = performance.now() + budgetMs;
  return { type: "frame", id, frame: session.advance({ epochs, lr, isOver: () => performance.now() >= end }) };
}
