/** Preloaded into the server that is measured: watches the turns of its main thread while it is told to, and answers with the longest. */
import { isMainThread } from "node:worker_threads";
import { startProfiler, type TurnProfiler } from "./profile.ts";
import { type Turn, watchTurns } from "./turns.ts";

/** "watch" or "profile" begins, "reset" forgets what was until now, "take" asks for the longest turn since then, and "rest" ends it. */
export type Order = "watch" | "profile" | "reset" | "take" | "rest";

export interface Taken {
  readonly turn: Turn;
  /** What it was spent on. */
  readonly lines: readonly string[];
}

if (isMainThread) obey();

function obey(): void {
  let turns: ReturnType<typeof watchTurns> | null = null;
  let profiler: TurnProfiler | null = null;
  const orders: Record<Order, () => unknown> = {
    watch() {
      turns = watchTurns();
    },
    async profile() {
      turns = watchTurns();
      profiler ??= await startProfiler();
    },
    reset: () => turns?.take(),
    async take(): Promise<Taken> {
      const turn = turns?.take() as Turn;
      return { turn, lines: (await profiler?.take(turn)) ?? [] };
    },
    rest: () => turns?.stop(),
  };
  process.on("message", async (order: Order) => {
    const result = await orders[order]();
    process.send?.(result ?? null);
  });
  process.channel?.unref();
}
