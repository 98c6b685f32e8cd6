/** A server that others can reach: it starts with a key, which is made before it, and not without. */
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createClient } from "../../../src/client/client.ts";
import { createDataDir, runNode, runServer, startLiveServer } from "../live-server.ts";

const TRAINYARD = fileURLToPath(new URL("../../../bin/trainyard.js", import.meta.url));
const ALL = "read,submit,predict,admin";

let dataDir: Awaited<ReturnType<typeof createDataDir>>;
beforeEach(async () => {
  dataDir = await createDataDir();
});
afterEach(() => dataDir.remove());

const reachable = () => ({ TRAINYARD_DATA_DIR: dataDir.path, TRAINYARD_HOST: "0.0.0.0" });
const createKey = (...args: string[]) => runNode([TRAINYARD, "keys", "create", ...args, "--data-dir", dataDir.path], {});
const onLoopback = (url: string) => `http://127.0.0.1:${new URL(url).port}`;

describe("a server on an address that others can reach", () => {
  it("does not start without a key, and says in a line what can be done", async () => {
    const { code, stderr } = await runServer(reachable());
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    for (const cure of ["trainyard keys create", "TRAINYARD_ADMIN_KEY", "127.0.0.1", "TRAINYARD_ALLOW_OPEN"])
      expect(stderr).toContain(cure);
  });

  it("starts when it is told to be open, and then serves everybody under any name", async () => {
    const server = await startLiveServer(dataDir.path, { TRAINYARD_HOST: "0.0.0.0", TRAINYARD_ALLOW_OPEN: "true" });
    const response = await fetch(`${onLoopback(server.url)}/v1/session`);
    expect(await response.json()).toMatchObject({ required: false, authenticated: false });
    await server.stop();
  });

  it("starts when a key was made in its data directory, and wants it", async () => {
    const made = await createKey("me", "--scopes", ALL);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ty_[\w-]{43}\n$/) });
    const key = made.stdout.trim();
    const server = await startLiveServer(dataDir.path, { TRAINYARD_HOST: "0.0.0.0" });
    const url = onLoopback(server.url);
    await expect(createClient(url).jobs()).rejects.toMatchObject({ problem: { status: 401, code: "unauthorized" } });
    expect((await createClient(url, { key }).keys()).data).toMatchObject([{ name: "me", scopes: ALL.split(",") }]);
    expect(JSON.stringify(server.logged)).not.toContain(key.slice(9));

    const busy = await createKey("another");
    expect(busy).toMatchObject({ code: 1, stderr: expect.stringContaining("another process is using it") });
    expect(busy.stderr).not.toContain(" at ");
    await server.stop();
  });

  it("starts with the key of the environment, which is told to nobody", async () => {
    const key = `ty_${"k".repeat(40)}`;
    const server = await startLiveServer(dataDir.path, { TRAINYARD_HOST: "0.0.0.0", TRAINYARD_ADMIN_KEY: key });
    const client = createClient(onLoopback(server.url), { key });
    expect((await client.keys()).data).toEqual([]);
    await server.stop();
    expect(JSON.stringify(server.logged)).not.toContain("kkkk");
    const short = await runServer({ ...reachable(), TRAINYARD_ADMIN_KEY: "ty_short" });
    expect(short).toMatchObject({ code: 1, stderr: expect.stringContaining("TRAINYARD_ADMIN_KEY") });
    expect(short.stderr).not.toContain("ty_short");
  });
});

describe("a key that is made without a server", () => {
  it("must let somebody in who can make more, as any first one, and be one that there can be", async () => {
    expect(await createKey("reader", "--scopes", "read")).toMatchObject({ code: 0 });
    expect(await createKey("x", "--project", "Not A Project")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("/project"),
    });
  });
});
