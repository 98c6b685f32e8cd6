import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it, vi } from "vitest";
import { DEFAULT_PROJECT } from "../../src/domain/access/project.ts";
import type { Condition } from "../../src/domain/filter.ts";
import { createDueValues } from "../../src/storage/due-values.ts";
import { openStore } from "../../src/storage/open.ts";
import { temporaryFolder } from "../contract/databases/temporary.ts";
import { aChunk, aNewJob, aSuccess } from "../contract/fixtures.ts";

const LR: Condition = { field: "params", key: "/optimizer/lr", operator: "=", value: 0.1, column: 1 };

describe("what jobs are found by", () => {
  it("is written for many jobs at once, at the latest before anybody looks for them", async () => {
    const dataDir = await temporaryFolder();
    const store = await openStore({ dataDir });
    const file = new DatabaseSync(join(dataDir, "trainyard.db"));
    const count = (table: string) => file.prepare(`select count(*) as count from ${table}`).get()?.count;
    // More than one transaction writes.
    const jobs = await Promise.all(Array.from({ length: 40 }, () => store.jobs.insert(aNewJob())));
    expect(count("job_values")).toBe(0);
    const { data } = await store.ofProject(DEFAULT_PROJECT).jobs.list({ conditions: [LR] }, { limit: 100 });
    expect(data.map(({ id }) => id).sort()).toEqual(jobs.map(({ id }) => id).sort());
    expect(count("job_values_due")).toBe(0);
    // What comes later of a job is found too, beside what is there.
    const [{ id }] = [await store.queue.claim(1)] as [{ id: string }];
    await store.metrics.append(id, 1, aChunk(1, 5));
    await store.jobs.finish(id, 1, 9, "done", aSuccess(id));
    const loss: Condition = { field: "metrics", key: "loss", operator: ">", value: 0, column: 1 };
    expect(
      (await store.ofProject(DEFAULT_PROJECT).jobs.list({ conditions: [loss, LR] }, { limit: 5 })).data.map((job) => job.id),
    ).toEqual([id]);
    file.close();
    await store.close();
  });

  it("is that of the job as it is when it is written, if it was labelled or deleted before", async () => {
    const dataDir = await temporaryFolder();
    const store = await openStore({ dataDir });
    const file = new DatabaseSync(join(dataDir, "trainyard.db"));
    const project = store.ofProject(DEFAULT_PROJECT);
    const tagged = (value: string): Condition => ({ field: "tags", key: "stage", operator: "=", value, column: 1 });
    const idsOf = async (condition: Condition) =>
      (await project.jobs.list({ conditions: [condition] }, { limit: 5 })).data.map(({ id }) => id);
    const [kept, deleted] = [
      await store.jobs.insert({ ...aNewJob(), labels: { tags: { stage: "draft", owner: "ada" }, note: null } }),
      await store.jobs.insert({ ...aNewJob(), labels: { tags: { stage: "draft" }, note: null } }),
    ];
    await store.jobs.label(kept.id, { tags: { stage: "final", owner: null } });
    await store.jobs.transition(deleted.id, { from: ["queued"], to: { state: "cancelled", at: 2, reason: "not wanted" } });
    expect(await store.jobs.delete(deleted.id)).toBe(true);
    expect(file.prepare("select count(*) as count from job_values_due").get()?.count).toBe(2);
    expect(await idsOf(tagged("final"))).toEqual([kept.id]);
    expect(await idsOf(tagged("draft"))).toEqual([]);
    expect(await idsOf(LR)).toEqual([kept.id]);
    expect(file.prepare("select distinct job_id from job_values").all()).toEqual([{ job_id: kept.id }]);
    expect(file.prepare("select count(*) as count from job_values_due").get()?.count).toBe(0);
    file.close();
    await store.close();
  });

  it("is written when the store is closed, and by the next process when it was killed", async () => {
    const dataDir = await temporaryFolder();
    const first = await openStore({ dataDir });
    const { id } = await first.jobs.insert(aNewJob());
    await first.close();
    const file = new DatabaseSync(join(dataDir, "trainyard.db"));
    expect(file.prepare("select count(*) as count from job_values_due").get()?.count).toBe(0);
    // As a killed process leaves it.
    file.exec(`delete from job_values; insert into job_values_due values ('${id}', 1), ('job_gone', 1)`);
    file.close();
    const second = await openStore({ dataDir });
    expect((await second.ofProject(DEFAULT_PROJECT).jobs.list({ conditions: [LR] }, { limit: 5 })).data).toHaveLength(1);
    await second.close();
  });
});

describe("due values", () => {
  it("are written until none are left, and again after a failure", async () => {
    const write = vi.fn<() => Promise<boolean>>();
    const due = createDueValues(write);
    write.mockResolvedValueOnce(true).mockResolvedValueOnce(false);
    await due.write();
    expect(write).toHaveBeenCalledTimes(2);
    await due.write();
    expect(write).toHaveBeenCalledTimes(2);
    write.mockRejectedValueOnce(new Error("the disk is full")).mockResolvedValueOnce(false);
    expect(await due.after(Promise.resolve(7))).toBe(7);
    await due.write();
    await due.write();
    expect(write).toHaveBeenCalledTimes(4);
    await due.close();
  });

  it("that become due while others are written are waited for", async () => {
    const first = Promise.withResolvers<boolean>();
    const write = vi.fn<() => Promise<boolean>>().mockReturnValueOnce(first.promise).mockResolvedValue(false);
    const due = createDueValues(write);
    const writing = due.write();
    await due.after(Promise.resolve());
    const again = due.write();
    first.resolve(false);
    await Promise.all([writing, again]);
    expect(write).toHaveBeenCalledTimes(2);
    await due.close();
  });
});
