/** Short messages that disappear by themselves; errors stay until they are closed. */

import { asProblem } from "../shell/problem.ts";
import { createStore, type Store, useStore } from "../shell/store.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";

export interface Toast {
  readonly id: number;
  readonly tone: "ok" | "bad";
  readonly text: string;
}

export interface Toasts {
  readonly list: Store<readonly Toast[]>;
  /** Shows that something is done. */
  say(text: string): void;
  /** Shows an error. */
  fail(error: unknown): void;
  close(id: number): void;
}

const SHOWN_MS = 5000;
const MAX_TOASTS = 4;

export function createToasts(): Toasts {
  const list = createStore<readonly Toast[]>([]);
  let next = 1;
  const close = (id: number) => list.update((now) => now.filter((toast) => toast.id !== id));
  const add = (tone: Toast["tone"], text: string): number => {
    const id = next++;
    list.update((now) => [...now, { id, tone, text }].slice(-MAX_TOASTS));
    return id;
  };
  return {
    list,
    close,
    say(text) {
      const id = add("ok", text);
      setTimeout(() => close(id), SHOWN_MS);
    },
    fail(error) {
      const { title, detail } = asProblem(error);
      add("bad", detail || title);
    },
  };
}

export function ToastList({ toasts }: { readonly toasts: Toasts }) {
  const list = useStore(toasts.list);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {list.map(({ id, tone, text }) => (
        <div class="toast" key={id} data-tone={tone}>
          <Icon name={tone === "ok" ? "check" : "alert"} />
          <span>{text}</span>
          <Button variant="quiet" small icon="x" label="Close message" onClick={() => toasts.close(id)} />
        </div>
      ))}
    </div>
  );
}
