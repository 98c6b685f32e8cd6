/** The browser's session: whether the server wants an API key, and whether it has one. */
import type { Api } from "./api.ts";
import { createStore, type Store } from "./store.ts";

export interface SessionState {
  /** `open`: no key is needed. `locked`: one is needed. `signed_in`: one was given. */
  readonly phase: "unknown" | "open" | "locked" | "signed_in";
  readonly project: string | null;
  readonly scopes: readonly string[];
}

export interface SessionControl {
  readonly state: Store<SessionState>;
  /** Asks the server. The phase stays `unknown` while it does not answer. */
  refresh(): Promise<void>;
  /** Locks when the server needs a key and the session's is no longer valid. */
  check(): Promise<void>;
  /** Rejects with the server's problem when the key is not valid. */
  signIn(key: string): Promise<void>;
  signOut(): Promise<void>;
  /** Called when the server has answered 401. */
  lock(): void;
}

const UNKNOWN: SessionState = { phase: "unknown", project: null, scopes: [] };

export function createSession(): SessionControl & { attach(api: Api): void } {
  const state = createStore<SessionState>(UNKNOWN);
  let api: Api;
  const refresh = async (): Promise<void> => {
    const session = await api.session();
    const phase = session?.authenticated ? "signed_in" : session?.required ? "locked" : "open";
    state.set({ phase: session?.required ? phase : "open", project: session?.project ?? null, scopes: session?.scopes ?? [] });
  };
  return {
    state,
    // The API reports a 401 to the session, and the session calls the API: one of them has to be created first.
    attach(given) {
      api = given;
    },
    refresh,
    async check() {
      const session = await api.session();
      if (session?.required && !session.authenticated) state.set({ ...UNKNOWN, phase: "locked" });
    },
    async signIn(key) {
      await api.signIn(key);
      await refresh();
    },
    async signOut() {
      await api.signOut();
      await refresh();
    },
    lock: () => state.set({ ...UNKNOWN, phase: "locked" }),
  };
}
