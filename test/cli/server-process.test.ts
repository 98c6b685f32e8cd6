import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { freePort, startServerProcess } from "../../src/cli/server-process.ts";

describe("a port", () => {
  it("that is taken is passed over for the next", async () => {
    const first = await freePort("127.0.0.1", 20_000);
    const holder = createServer().listen(first, "127.0.0.1");
    await new Promise((resolve) => holder.once("listening", resolve));
    expect(await freePort("127.0.0.1", first)).toBeGreaterThan(first);
    holder.close();
  });
});

describe("a server process", () => {
  it("that does not start says why", async () => {
    await expect(startServerProcess({ ...process.env, TRAINYARD_PORT: "http" })).rejects.toThrow(/TRAINYARD_PORT=http/);
  });
});
