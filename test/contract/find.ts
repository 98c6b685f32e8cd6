/** What every Store must do to find jobs by their labels, options and metrics, whatever database is behind it. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Condition, parseFilter } from "../../src/domain/filter.ts";
import { createId } from "../../src/domain/id.ts";
import type { Job } from "../../src/domain/jobs/job.ts";
import { JOB_FIELDS, parseOrder } from "../../src/domain/jobs/job-order.ts";
import { metricValues, specValues, tagValues } from "../../src/domain/jobs/job-values.ts";
import type { Store } from "../../src/domain/store/store.ts";
import { aChunk, aNewJob, aSpec, aSuccess } from "./fixtures.ts";

const FILTERS = [
  "metrics.loss < 0.3",
  'metrics.loss >= 0.4 and tags.team = "a"',
  'tags.team != "a"',
  "tags.team = null",
  "tags.team != null and metrics.loss = null",
  'tags.team >= "b" and state = "succeeded"',
  'tags."a/b" < "s"',
  'params."/optimizer/lr" > 0.01 and params."/optimizer/lr" <= 0.05',
  'params."/optimizer/lr" != 0.05',
  'params."/optimizer/type" = "adam" and params."/shuffle" = true',
  'params."/shuffle" != true',
  'params."/shuffle" = "true"',
  'params."/none" = null and name != "job 3"',
  'state != "queued" and name >= "job 2"',
  'state = "queued"',
];
const ORDERS = ["-created_at", "created_at", "metrics.loss", "-metrics.loss", '-params."/optimizer/lr"', "-metrics.accuracy"];

type Compare = (a: number | string | boolean, b: number | string | boolean) => boolean;
const COMPARES: Record<string, Compare> = {
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
};

/** The values of a job, by field and key. */
function valuesOf(job: Job): ReadonlyMap<string, number | string | boolean> {
  const values = [...specValues(job.spec), ...tagValues(job.tags), ...(job.metrics ? metricValues(job.metrics) : [])];
  return new Map([
    ["state", job.state],
    ["name", job.name],
    ...values.map(({ field, key, value }): [string, number | string | boolean] => [`${field} ${key}`, value]),
  ]);
}

function meets(job: Job, { field, key, operator, value }: Condition): boolean {
  const own = valuesOf(job).get(key === null ? field : `${field} ${key}`);
  if (value === null) return (own === undefined) === (operator === "=");
  if (own === undefined) return false;
  if (operator !== "!=" && typeof own !== typeof value) return false;
  return (COMPARES[operator] as Compare)(own, value);
}

/** The jobs that match a filter, in an order, found by checking each one. */
function expected(jobs: readonly Job[], filter: string, order: string): string[] {
  const conditions = parseFilter(filter, JOB_FIELDS);
  const { by, descends } = parseOrder(order);
  const found = jobs
    .filter((job) => conditions.every((condition) => meets(job, condition)))
    .map((job) => ({ id: job.id, value: by === null ? undefined : valuesOf(job).get(`${by.field} ${by.key}`) }));
  const sign = descends ? -1 : 1;
  return found
    .sort((a, b) => {
      if (typeof a.value === "number" && typeof b.value === "number" && a.value !== b.value) return sign * (a.value - b.value);
      if ((typeof a.value === "number") !== (typeof b.value === "number")) return typeof a.value === "number" ? -1 : 1;
      return a.id < b.id ? -sign : sign;
    })
    .map(({ id }) => id);
}

/** `open` gives an empty store; the suite closes it. */
export function findContract(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    let all: Store;
    beforeEach(async () => {
      all = await open();
    });
    afterEach(() => all.close());

    /** Twelve jobs that differ in labels, options, states and metrics, with ties and gaps. */
    async function someJobs(): Promise<Job[]> {
      const teams = ["a", "b", null, "aa", "a", "é"];
      for (let index = 0; index < 12; index++) {
        const spec = aSpec(`job ${index % 5}`);
        const team = teams[index % teams.length];
        const tags = { ...(team && { team }), ...(index % 3 === 0 && { "a/b": `${"rst"[index % 2]}` }) };
        const varied = {
          ...spec,
          shuffle: index % 4 !== 0,
          optimizer: { ...spec.optimizer, lr: [0.001, 0.05, 0.05, 0.1][index % 4] },
        };
        await all.jobs.insert({ ...aNewJob(), spec: varied as typeof spec, labels: { tags, note: null } });
        if (index % 2 === 0) continue;
        const claimed = await all.queue.claim(1000 + index);
        if (!claimed) throw new Error("nothing to claim");
        await all.metrics.append(claimed.id, 1, aChunk(1, 1 + (index % 6)));
        if (index % 4 === 1) await all.jobs.finish(claimed.id, 1, 2000, "done", aSuccess(claimed.id));
      }
      return [...(await all.jobs.list({}, { limit: 100 })).data];
    }

    const mine = () => all.ofProject("default");

    describe("finding jobs", () => {
      it("finds the same jobs in the same order as looking at each of them, page by page", async () => {
        const jobs = await someJobs();
        for (const [index, filter] of FILTERS.entries()) {
          const conditions = parseFilter(filter, JOB_FIELDS);
          for (const text of [0, 3].map((next) => ORDERS[(index + next) % ORDERS.length] as string)) {
            const order = parseOrder(text);
            const found: string[] = [];
            for (let after: string | undefined; ; ) {
              const page = await mine().jobs.list({ conditions, order }, { after, limit: 5 });
              found.push(...page.data.map(({ id }) => id));
              if (!page.hasMore || page.nextAfter === null) break;
              after = page.nextAfter;
            }
            expect({ filter, text, found }).toEqual({ filter, text, found: expected(jobs, filter, text) });
          }
        }
      });

      it("finds only jobs of its own project", async () => {
        await someJobs();
        const conditions = parseFilter('tags.team = "a"', JOB_FIELDS);
        expect((await all.ofProject("other").jobs.list({ conditions }, { limit: 10 })).data).toEqual([]);
        const order = parseOrder("metrics.loss");
        expect((await all.ofProject("other").jobs.list({ order }, { limit: 10 })).data).toEqual([]);
      });

      it("refuses the cursor of another order", async () => {
        await someJobs();
        const { nextAfter: after } = await mine().jobs.list({ order: parseOrder("metrics.loss") }, { limit: 2 });
        if (after === null) throw new Error("there is a page after it");
        for (const text of ["-metrics.loss", "created_at"])
          await expect(mine().jobs.list({ order: parseOrder(text) }, { after, limit: 2 })).rejects.toMatchObject({
            code: "invalid",
          });
      });

      it("changes labels in any state, and finds by the new ones", async () => {
        const { id, spec } = await all.jobs.insert({ ...aNewJob(), labels: { tags: { team: "a", old: "x" }, note: null } });
        const found = async (filter: string) =>
          (await mine().jobs.list({ conditions: parseFilter(filter, JOB_FIELDS) }, { limit: 10 })).data.map((job) => job.id);
        expect(await mine().jobs.label(id, { tags: { team: "b", old: null }, note: "Ü" })).toMatchObject({
          tags: { team: "b" },
          note: "Ü",
        });
        expect(await mine().jobs.label(id, { note: null })).toMatchObject({ tags: { team: "b" }, note: null, spec });
        expect(await mine().jobs.label(id, { tags: {} })).toMatchObject({ tags: { team: "b" } });
        expect(await found('tags.team = "b"')).toEqual([id]);
        expect(await found('tags.team = "a"')).toEqual([]);
        expect(await found("tags.old != null")).toEqual([]);
        expect(await mine().jobs.label(createId("job"), { note: "x" })).toBeNull();
        expect(await all.ofProject("other").jobs.label(id, { note: "x" })).toBeNull();
        const many = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`t${index}`, "x"]));
        await expect(mine().jobs.label(id, { tags: many })).rejects.toMatchObject({ code: "invalid" });
      });
    });
  });
}
