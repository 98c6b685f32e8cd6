import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { Model } from "../../../src/domain/models/model.ts";
import { parseModelRef } from "../../../src/domain/models/registry.ts";
import type { Store } from "../../../src/domain/store/store.ts";
import { rememberModels } from "../../../src/storage/decorators/model-cache.ts";
import { openStore } from "../../../src/storage/open.ts";
import { temporaryFolder } from "../../contract/databases/temporary.ts";
import { aModel, aNewJob, aSuccess, someWeights } from "../../contract/fixtures.ts";

async function openRemembering() {
  const plain = await openStore({ dataDir: await temporaryFolder() });
  onTestFinished(() => plain.close());
  let looks = 0;
  const counting: Store = {
    ...plain,
    models: {
      ...plain.models,
      find: (ref) => {
        looks++;
        return plain.models.find(ref);
      },
    },
  };
  const store = rememberModels(counting);
  const find = (ref: string) => store.models.find(parseModelRef(ref)!);
  const insert = async (name: string) => store.models.insert({ ...aModel("job_a"), name, id: freshId() }, someWeights());
  return { plain, store, find, insert, looks: () => looks };
}

let count = 0;
const freshId = () => `mdl_${String(count++).padStart(8, "0")}-0000-7000-8000-000000000000`;

describe("a store that remembers models", () => {
  it("looks once for many who ask, and again after a second", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const { find, insert, looks } = await openRemembering();
    const { id } = await insert("moons");
    await Promise.all(Array.from({ length: 50 }, () => find("moons")));
    expect((await find("moons"))?.id).toBe(id);
    expect(looks()).toBe(1);
    vi.advanceTimersByTime(1001);
    await find("moons");
    expect(looks()).toBe(2);
  });

  it("does not remember that there is none", async () => {
    const { find, insert } = await openRemembering();
    expect(await find("moons")).toBeNull();
    const { id } = await insert("moons");
    expect((await find("moons"))?.id).toBe(id);
  });

  it("has at hand what was found within a second, as it is now, and nothing of another project", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    onTestFinished(() => void vi.useRealTimers());
    const { store, find, insert } = await openRemembering();
    const { id } = await insert("moons");
    expect(store.models.known("moons")).toBeNull();
    for (const ref of ["moons", "moons@1", id]) {
      const found = await find(ref);
      expect(store.models.known(ref)).toBe(found);
      expect(store.ofProject("other").models.known(ref)).toBeNull();
    }
    await insert("moons");
    expect(store.models.known("moons")).toBeNull();
    expect((await find("moons"))?.version).toBe(2);
    vi.advanceTimersByTime(1001);
    expect(store.models.known("moons")).toBeNull();
  });

  it("sees the model that a job makes", async () => {
    const { store, find, insert } = await openRemembering();
    await insert("moons");
    expect((await find("moons"))?.version).toBe(1);
    const { id } = await store.jobs.insert(aNewJob());
    await store.queue.claim(1);
    await store.jobs.finish(id, 1, 9, "done", aSuccess(id));
    expect((await find("moons"))?.version).toBe(2);
  });

  it("does not remember a look that failed", async () => {
    const { plain } = await openRemembering();
    let fails = true;
    const store = rememberModels({
      ...plain,
      models: {
        ...plain.models,
        find: (ref) => (fails ? Promise.reject(new Error("away")) : plain.models.find(ref)),
      },
    });
    await expect(store.models.find({ kind: "newest", name: "moons" })).rejects.toThrow("away");
    fails = false;
    expect(await store.models.find({ kind: "newest", name: "moons" })).toBeNull();
  });

  it("answers as the database does, whatever was changed and looked up before, one after another or at once", async () => {
    const names = fc.constantFrom("a", "b");
    const aliases = fc.constantFrom("x", "y");
    const versions = fc.integer({ min: 1, max: 3 });
    const change = fc.oneof(
      fc.record({ do: fc.constant("insert" as const), name: names }),
      fc.record({ do: fc.constant("alias" as const), name: names, alias: aliases, version: versions }),
      fc.record({ do: fc.constant("unalias" as const), name: names, alias: aliases }),
      fc.record({ do: fc.constant("tag" as const), name: names, value: fc.constantFrom("1", "2") }),
      fc.record({ do: fc.constant("delete" as const), name: names, version: versions }),
    );
    const refs = ["a", "b"].flatMap((name) => [name, `${name}@1`, `${name}@2`, `${name}@x`, `${name}@y`]);
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 8 }), fc.boolean(), async (changes, atOnce) => {
        const { plain, store, find, insert } = await openRemembering();
        const expected = async (ref: string): Promise<Model | null> => {
          const [name = "", which] = ref.split("@");
          const { data } = await plain.models.list({ limit: 100 }, { name });
          const fits = ({ version, aliases }: Model) => which === String(version) || aliases.includes(which ?? "");
          return (which === undefined ? data[0] : data.find(fits)) ?? null;
        };
        const apply = async (step: (typeof changes)[number]): Promise<void> => {
          if (step.do === "insert") await insert(step.name);
          if (step.do === "alias") await store.models.setAlias(step.name, step.alias, step.version);
          if (step.do === "unalias") await store.models.deleteAlias(step.name, step.alias);
          const model = await expected("version" in step ? `${step.name}@${step.version}` : step.name);
          if (step.do === "tag" && model) await store.models.tag(model.id, { stage: step.value });
          if (step.do === "delete" && model) await store.models.delete(model.id);
        };
        for (const step of changes) {
          const changed = apply(step);
          if (!atOnce) await changed;
          await Promise.all(refs.map(find));
          await changed;
          for (const ref of refs) expect(await find(ref), ref).toEqual(await expected(ref));
        }
      }),
      { numRuns: 12 },
    );
  });
});
