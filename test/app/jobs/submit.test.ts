import { describe, expect, it } from "vitest";
import { submit } from "../../../src/app/jobs/submit.ts";
import { TrainyardError } from "../../../src/domain/errors.ts";
import { openDependencies } from "./dependencies.ts";

const body = (content: unknown) => new TextEncoder().encode(JSON.stringify(content));
const stored = { validateOnly: false };

describe("submit", () => {
  it("stores the job, queues it and tells who waits for work", async () => {
    const dependencies = await openDependencies();
    let wakes = 0;
    dependencies.queue.onWork(() => wakes++);
    const result = await submit(dependencies, body({ name: "first" }), stored);
    if (!("view" in result)) throw new Error("it was not only to be validated");
    expect(result.view.job).toMatchObject({ name: "first", state: "queued" });
    expect(result.view.job.id).toMatch(/^job_[0-9a-f-]{36}$/);
    expect(await dependencies.store.jobs.get(result.view.job.id)).toEqual(result.view.job);
    expect(wakes).toBe(1);
  });

  it("stores nothing when it only validates", async () => {
    const dependencies = await openDependencies();
    const result = await submit(dependencies, body({ name: "first" }), { validateOnly: true });
    expect(result).toMatchObject({ validated: { ok: true, parameters: 3, spec: { name: "first" } } });
    expect((await dependencies.store.jobs.list({}, { limit: 5 })).data).toEqual([]);
  });

  it("refuses what is wrong with every error", async () => {
    const dependencies = await openDependencies();
    const refused = submit(dependencies, body({ bad: ["/a", "/b"] }), stored);
    await expect(refused).rejects.toBeInstanceOf(TrainyardError);
    await expect(refused).rejects.toMatchObject({
      code: "invalid",
      errors: [{ pointer: "/a" }, { pointer: "/b" }],
    });
    expect((await dependencies.store.jobs.list({}, { limit: 5 })).data).toEqual([]);
  });

  it("refuses what is not JSON as malformed", async () => {
    const dependencies = await openDependencies();
    await expect(submit(dependencies, new TextEncoder().encode("{"), stored)).rejects.toMatchObject({ code: "malformed" });
  });

  it("takes a Buffer that is a part of a pool", async () => {
    const dependencies = await openDependencies();
    const result = await submit(dependencies, Buffer.from('{"name": "pooled"}'), stored);
    expect("view" in result && result.view.job.name).toBe("pooled");
  });
});
