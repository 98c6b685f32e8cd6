import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { openStore } from "../../src/storage/open.ts";
import { temporaryFolder } from "../contract/databases/temporary.ts";
import { aChunk, aNewJob, aSuccess } from "../contract/fixtures.ts";

it("jobs of earlier builds are found by what they are, as new ones", async () => {
  const dataDir = await temporaryFolder();
  const store = await openStore({ dataDir });
  const { id } = await store.jobs.insert(aNewJob());
  await store.queue.claim(1);
  await store.metrics.append(id, 1, aChunk(1, 5));
  await store.jobs.finish(id, 1, 2000, "done", aSuccess(id));
  await store.jobs.insert(aNewJob({ name: "another" }));
  await store.close();
  const rows = () => {
    const file = new DatabaseSync(join(dataDir, "trainyard.db"));
    const found = file.prepare("select * from job_values order by job_id, field").all();
    file.close();
    return found;
  };
  const before = rows();
  expect(before.length).toBeGreaterThan(20);
  const file = new DatabaseSync(join(dataDir, "trainyard.db"));
  // As if the migration had never been applied: one that is missing between others is applied too.
  file.exec("drop table job_values");
  for (const table of ["jobs", "sweeps"])
    for (const column of ["tags", "note"]) file.exec(`alter table ${table} drop column ${column}`);
  file.exec("delete from kysely_migration where name = '0013-job-values'");
  file.close();
  await (await openStore({ dataDir })).close();
  expect(rows()).toEqual(before);
});
