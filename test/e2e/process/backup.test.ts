/** Backups of a real server: made while it trains, restored while it serves, and put in place of a database that is damaged. */
import { open, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { JobSpec } from "../../../src/client/answers.ts";
import { createDataDir, runNode, runServer, startLiveServer } from "../live-server.ts";

const CLI = new URL("../../../src/cli/main.ts", import.meta.url).pathname;
const folder = await createDataDir();
afterAll(() => folder.remove());

const SPEC: JobSpec = {
  name: "kept",
  data: { generator: { type: "moons", samples: 200 } },
  model: { layers: [{ type: "linear", units: 16 }, { type: "relu" }, { type: "linear" }] },
  batch_size: 50,
  epochs: 8000,
  checkpoint: { every_epochs: 1000, min_seconds: 0 },
};

async function backUp(url: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`${url}/v1/backup`, { method: "POST" });
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
}

const restore = (url: string, body: BodyInit) =>
  fetch(`${url}/v1/restore`, { method: "POST", body, headers: { "content-type": "application/vnd.sqlite3" } });

/** Entries of the audit log that say who has restored a backup: they are in the database that came of it. */
const restores = async (url: string) =>
  ((await (await fetch(`${url}/v1/audit?operation=restore`)).json()) as { data: object[] }).data;

describe("a backup", () => {
  it("of a server that trains is restored while it serves: what came after is gone, what ran goes on to the same weights", async () => {
    const dataDir = join(folder.path, "one");
    const server = await startLiveServer(dataDir, { TRAINYARD_WORKERS: "1" });
    const whole = await server.client.wait((await server.client.submit(SPEC)).id);
    const { id } = await server.client.submit(SPEC);
    for await (const frame of server.client.watch(id)) if (frame.type === "metrics") break;
    const backup = await backUp(server.url);
    const after = await server.client.submit({ ...SPEC, name: "after" });

    const response = await restore(server.url, backup);
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ bytes: backup.byteLength, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    for (;;) {
      const again = server.logged.some(({ msg }) => msg === "ready again");
      if (again) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await restores(server.url)).toMatchObject([{ method: "POST", path: "/v1/restore", status: 202, key: null }]);
    const job = await server.client.wait(id);
    expect(job).toMatchObject({ state: "succeeded", model: { sha256: whole.model?.sha256 } });
    expect(job.transitions.map(({ state }) => state)).toEqual(["queued", "running", "queued", "running", "succeeded"]);
    await expect(server.client.job(after.id)).rejects.toMatchObject({ problem: { status: 404 } });
    expect((await readdir(dataDir)).filter((name) => name.startsWith("trainyard.db.replaced-"))).not.toEqual([]);
    expect((await readdir(dataDir)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    expect(await server.stop()).toBe(0);
  });

  it("that is none is refused, and nothing happens", async () => {
    const server = await startLiveServer(join(folder.path, "two"));
    const backup = await backUp(server.url);
    const damaged = backup.slice();
    damaged.fill(0xa5, 8192, 16_384);
    for (const body of ["no database", backup.slice(0, backup.byteLength / 2), damaged, new Uint8Array()]) {
      const response = await restore(server.url, body);
      expect(response.status).toBe(422);
      expect(((await response.json()) as { detail: string }).detail).toContain("not a backup that can be restored");
    }
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });

  it("is made and restored by the command line, without a server too when its database is damaged", async () => {
    const dataDir = join(folder.path, "three");
    const file = join(folder.path, "backup.db");
    const server = await startLiveServer(dataDir);
    const { id } = await server.client.submit({ ...SPEC, epochs: 10 });
    await server.client.wait(id);
    const cli = (...args: string[]) => runNode([CLI, ...args], { TRAINYARD_URL: server.url });
    expect(await cli("backup", file)).toMatchObject({ code: 0 });
    expect(await cli("restore", file)).toMatchObject({ code: 0, stdout: expect.stringContaining("the server is ready") });
    expect((await server.client.job(id)).state).toBe("succeeded");
    await server.stop();

    const database = await open(join(dataDir, "trainyard.db"), "r+");
    await database.write(Buffer.alloc(4096 * 3, 0xa5), 0, 4096 * 3, 4096);
    await database.close();
    const refused = await runServer({ TRAINYARD_DATA_DIR: dataDir });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^trainyard: the database .* it is damaged \(SQLITE_CORRUPT.*trainyard restore FILE`\n$/);

    expect(await runNode([CLI, "restore", file, "--data-dir", dataDir], {})).toMatchObject({ code: 0 });
    const mended = await startLiveServer(dataDir);
    expect((await mended.client.job(id)).state).toBe("succeeded");
    expect(await restores(mended.url)).toMatchObject([{ method: "LOCAL", path: "/v1/restore", key: null, request_id: "" }]);
    await mended.stop();
    await writeFile(file, "nothing");
    expect((await runNode([CLI, "restore", file, "--data-dir", dataDir], {})).code).not.toBe(0);
  });
});
