import { describe, expect, it, onTestFinished } from "vitest";
import { createSharedRateLimiter } from "../../../../src/app/access/count-requests.ts";
import type { Store } from "../../../../src/domain/store/store.ts";
import { openStore } from "../../../../src/storage/open.ts";
import { migratedDatabase, openOnPostgres } from "../../../contract/databases/postgres.ts";
import { temporaryFolder } from "../../../contract/databases/temporary.ts";

const WINDOW = { windowMs: 1000, limit: 3 };

const STORES: readonly (readonly [string, () => Promise<readonly [Store, Store]>])[] = [
  [
    "SQLite",
    async () => {
      const store = await openStore({ dataDir: await temporaryFolder() });
      onTestFinished(() => store.close());
      return [store, store];
    },
  ],
  [
    "PostgreSQL, two processes",
    async () => {
      const url = await migratedDatabase();
      return [(await openOnPostgres(url)).store, (await openOnPostgres(url)).store];
    },
  ],
];

describe.each(STORES)("counters on %s", (_, open) => {
  it("count to the limit in each window, each key apart", async () => {
    const [one, two] = await open();
    const at = 5_000_000_000_000;
    const counted = [];
    for (const store of [one, two, one, two]) counted.push(await store.counters.increment("a", { at, ...WINDOW }));
    expect(counted.map(({ allowed, remaining }) => [allowed, remaining])).toEqual([
      [true, 2],
      [true, 1],
      [true, 0],
      [false, 0],
    ]);
    expect(await two.counters.increment("b", { at, ...WINDOW })).toEqual({ allowed: true, remaining: 2, resetMs: 1000 });
    expect((await two.counters.increment("a", { at: at + 999, ...WINDOW })).allowed).toBe(false);
    expect(await two.counters.increment("a", { at: at + 1000, ...WINDOW })).toEqual({
      allowed: true,
      remaining: 2,
      resetMs: 1000,
    });
  });

  it("count every one of those that come at once", async () => {
    const [one, two] = await open();
    const grants = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 ? one : two).counters.increment("a", { at: 1, windowMs: 1000, limit: 15 }),
      ),
    );
    expect(grants.filter(({ allowed }) => allowed)).toHaveLength(15);
  });

  it("refuse nobody when the store does not answer", async () => {
    const [store] = await open();
    const away = { ...store, counters: { ...store.counters, increment: () => Promise.reject(new Error("away")) } };
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
    expect(await createSharedRateLimiter({ store: away, log }).take("a", 1)).toMatchObject({ allowed: true });
  });
});
