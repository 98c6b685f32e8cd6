import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import type { Logger } from "pino";
import { describe, expect, it, vi } from "vitest";
import { problem } from "../../src/http/errors/problem.ts";
import { createWaitingRoom } from "../../src/server/waiting-room.ts";

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

describe("the waiting room of a server that starts", () => {
  it("says what is waited for, and gives its port back", async () => {
    const port = await freePort();
    const lines: object[] = [];
    const log = { warn: (fields: object) => void lines.push(fields) } as unknown as Logger;
    const room = createWaitingRoom({ host: "127.0.0.1", port }, log);
    room.say("the database postgres://x cannot be used: ECONNREFUSED");
    const ready = await vi.waitFor(() => fetch(`http://127.0.0.1:${port}/readyz`));
    expect([ready.status, ready.headers.get("content-type")]).toEqual([503, "application/problem+json"]);
    expect(problem.parse(await ready.json())).toMatchObject({
      code: "unavailable",
      detail: expect.stringContaining("ECONNREFUSED"),
    });
    expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
    expect(lines).toHaveLength(1);
    await room.close();
    const after = createServer().listen(port, "127.0.0.1");
    await once(after, "listening");
    await new Promise((resolve) => after.close(resolve));
  });

  it("is no server where nothing was waited for", async () => {
    await createWaitingRoom({ host: "127.0.0.1", port: await freePort() }, {} as Logger).close();
  });
});
