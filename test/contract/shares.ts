/** How every Store shares workers among projects, whatever database is behind it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Store } from "../../src/domain/store/store.ts";
import { aNewJob } from "./fixtures.ts";

const PROJECTS = ["ants", "bees", "cats", "dogs"] as const;

interface Queued {
  readonly project?: string;
  readonly priority?: number;
  readonly at?: number;
  readonly memoryBytes?: number;
}

/** `open` gives an empty store; each test closes its own. */
export function sharesContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    const withStore = async (use: (store: Store) => Promise<void>): Promise<void> => {
      const store = await open();
      try {
        await use(store);
      } finally {
        await store.close();
      }
    };
    const queue = async (store: Store, { project = "ants", priority = 0, at = 1000, memoryBytes = 10 }: Queued = {}) => {
      const job = aNewJob();
      const given = { ...job, createdAt: at, memoryBytes, spec: { ...job.spec, priority } };
      return (await store.ofProject(project).jobs.insert(given)).id;
    };
    const finish = (store: Store, id: string) =>
      store.jobs.transition(id, { from: ["running"], to: { state: "failed", at: 3000, reason: "a test" } });

    describe("shares of projects", () => {
      it("give the next worker to whoever has the fewest, then to whoever had a turn longest ago", async () => {
        const step = fc.oneof(
          {
            weight: 4,
            arbitrary: fc.record({
              do: fc.constant("queue" as const),
              project: fc.constantFrom(...PROJECTS),
              priority: fc.integer({ min: -9, max: 9 }),
            }),
          },
          { weight: 4, arbitrary: fc.record({ do: fc.constant("claim" as const) }) },
          { weight: 3, arbitrary: fc.record({ do: fc.constant("finish" as const), which: fc.nat() }) },
        );
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) =>
            withStore(async (store) => {
              const lines = new Map(PROJECTS.map((project) => [project as string, [] as { id: string; priority: number }[]]));
              const running: { id: string; project: string }[] = [];
              const turns = new Map<string, number>();
              let turn = 0;
              const has = (project: string) => running.filter((job) => job.project === project).length;
              for (const each of steps) {
                if (each.do === "queue") {
                  lines.get(each.project)?.push({ id: await queue(store, each), priority: each.priority });
                } else if (each.do === "finish") {
                  const [job] = running.splice(each.which % Math.max(1, running.length), 1);
                  if (job) await finish(store, job.id);
                } else {
                  const [next] = PROJECTS.filter((project) => lines.get(project)?.length).sort(
                    (a, b) => has(a) - has(b) || (turns.get(a) ?? 0) - (turns.get(b) ?? 0),
                  );
                  const claimed = await store.queue.claim(2000);
                  expect(claimed?.project ?? null).toBe(next ?? null);
                  if (!next) continue;
                  const line = lines.get(next) ?? [];
                  const best = Math.max(...line.map(({ priority }) => priority));
                  const [first] = line.splice(
                    line.findIndex(({ priority }) => priority === best),
                    1,
                  );
                  expect(claimed?.id).toBe(first?.id);
                  running.push({ id: claimed?.id ?? "", project: next });
                  turns.set(next, ++turn);
                }
              }
            }),
          ),
          { numRuns: 25 },
        );
      });

      it("let no project starve: with one worker, each of those that wait has its turn in every round", async () => {
        await withStore(async (store) => {
          for (let count = 0; count < 12; count++) await queue(store, { project: "ants", priority: 100 });
          for (let count = 0; count < 4; count++) await queue(store, { project: "bees", priority: -100, at: 1500 });
          await queue(store, { project: "cats", at: 1900 });
          const order: string[] = [];
          for (let job = await store.queue.claim(2000); job; job = await store.queue.claim(2000)) {
            order.push(job.project);
            await finish(store, job.id);
          }
          expect(order.slice(0, 3)).toEqual(["ants", "bees", "cats"]);
          expect(order.slice(3, 9)).toEqual(["ants", "bees", "ants", "bees", "ants", "bees"]);
          expect(order).toHaveLength(17);
        });
      });

      it("even out: of many workers, projects with enough jobs get the same number", async () => {
        await withStore(async (store) => {
          for (let count = 0; count < 9; count++) await queue(store, { project: "ants" });
          for (let count = 0; count < 2; count++) expect((await store.queue.claim(2000))?.project).toBe("ants");
          for (const project of ["bees", "cats"]) for (let count = 0; count < 9; count++) await queue(store, { project });
          const taken = [];
          for (let count = 0; count < 7; count++) taken.push((await store.queue.claim(2000))?.project);
          expect(taken.sort()).toEqual(["ants", "bees", "bees", "bees", "cats", "cats", "cats"]);
        });
      });

      it("end at the maximum of running jobs of a project", async () => {
        await withStore(async (store) => {
          const ids = [await queue(store), await queue(store), await queue(store)];
          const other = await queue(store, { project: "bees", at: 1900 });
          const claim = async () => (await store.queue.claim(2000, undefined, 2))?.id ?? null;
          expect([await claim(), await claim(), await claim(), await claim()]).toEqual([ids[0], other, ids[1], null]);
          await finish(store, ids[0] as string);
          expect(await claim()).toBe(ids[2]);
        });
      });

      it("keep the room for a job that has waited too long for it, whoever else could use it", async () => {
        await withStore(async (store) => {
          const large = await queue(store, { memoryBytes: 80 });
          const small = await queue(store, { project: "bees", at: 1001, memoryBytes: 30 });
          const second = await queue(store, { project: "bees", at: 1002, memoryBytes: 30 });
          const claim = async (at: number, freeBytes: number) =>
            (await store.queue.claim(at, { freeBytes, totalBytes: 100 }))?.id ?? null;
          expect(await claim(2000, 50)).toBe(small);
          expect(await claim(61_000, 70)).toBeNull();
          expect(await claim(61_000, 80)).toBe(large);
          expect(await claim(61_000, 30)).toBe(second);
        });
      });

      it("show each project its own queue", async () => {
        await withStore(async (store) => {
          for (let count = 0; count < 5; count++) await queue(store);
          const [first, second] = [await queue(store, { project: "bees" }), await queue(store, { project: "bees" })];
          expect([await store.queue.position(first), await store.queue.position(second)]).toEqual([0, 1]);
        });
      });
    });
  });
}
