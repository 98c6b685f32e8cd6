import { EventEmitter } from "node:events";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createBodyBudget } from "../../../src/http/connection/body-budget.ts";
import { openStagedApp, type StagedApp } from "../staged-app.ts";
import { openRawSocket } from "./raw-socket.ts";

const MiB = 1024 ** 2;

describe("the memory of bodies", () => {
  it("is bounded for a project and for all together, and given back with the answers", () => {
    const budget = createBodyBudget(MiB);
    const open = (project: string) => {
      const response = Object.assign(new EventEmitter(), { closed: false });
      return { lease: budget.lease(project, response as never), answer: () => response.emit("close") };
    };
    const ours = Array.from({ length: 5 }, () => open("ours"));
    const [first, second, third, fourth, fifth] = ours;
    for (const each of [first, second, third, fourth]) each?.lease.hold(MiB);
    // The same bytes are not counted again, and a small body is not counted at all.
    first?.lease.hold(MiB);
    fifth?.lease.hold(1000);
    expect(() => fifth?.lease.hold(MiB)).toThrow(
      expect.objectContaining({ code: "rate_limited", message: expect.stringMatching(/ours has/) }),
    );
    const others = Array.from({ length: 4 }, (_, at) => open(`other${at % 2}`));
    for (const { lease } of others) lease.hold(MiB);
    expect(() => open("third").lease.hold(MiB / 2)).toThrow(expect.objectContaining({ code: "unavailable" }));
    first?.answer();
    expect(() => fifth?.lease.hold(MiB)).not.toThrow();
    for (const { answer } of [...ours.slice(1), ...others]) answer();
    for (const { lease } of Array.from({ length: 4 }, () => open("ours"))) lease.hold(MiB);
  });

  it("counts nothing for a client that has gone while its body is unpacked", () => {
    const budget = createBodyBudget(MiB);
    const response = Object.assign(new EventEmitter(), { closed: false });
    const lease = budget.lease("ours", response as never);
    lease.hold(MiB / 2);
    response.emit("close");
    expect(() => lease.hold(MiB)).toThrow(expect.objectContaining({ code: "unavailable" }));
    expect(() => budget.lease("ours", { closed: true, once: () => undefined } as never).hold(MiB)).toThrow();
    expect(budget.bytes()).toBe(0);
  });
});

describe("bodies that arrive at the same time", () => {
  let staged: StagedApp;
  let url: string;
  beforeAll(async () => {
    staged = await openStagedApp({ environment: { TRAINYARD_MAX_BODY_BYTES: String(MiB) } });
    url = await staged.listen();
  });
  afterAll(() => staged.close());

  it("are refused where there are too many, in every parser of bodies, and taken when others are gone", async () => {
    const half = "x".repeat(MiB - 1000);
    const slow = await Promise.all(Array.from({ length: 4 }, () => openRawSocket(url)));
    for (const socket of slow) {
      socket.send(
        `POST /v1/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${MiB}\r\n\r\n`,
      );
      socket.send(half);
    }
    const post = (path: string, type: string) =>
      fetch(url + path, { method: "POST", headers: { "content-type": type }, body: " ".repeat(200_000) });
    const bytes = () => staged.app.bodyBudget.bytes();
    await expect.poll(bytes, { timeout: 50_000 }).toBe(4 * half.length);
    for (const [path, type] of [
      ["/v1/jobs", "application/json"],
      ["/v1/models/none:predict", "application/json"],
      ["/v1/models?name=x", "application/octet-stream"],
    ] as const)
      expect([path, (await post(path, type)).status]).toEqual([path, 429]);
    expect((await staged.app.inject("/v1/jobs")).statusCode).toBe(200);
    for (const { socket } of slow) socket.destroy();
    await expect.poll(bytes, { timeout: 50_000 }).toBe(0);
  });

  it("count as they are unpacked", async () => {
    const packed = gzipSync(Buffer.alloc(MiB));
    const socket = await openRawSocket(url);
    socket.send(
      `POST /v1/models/none/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${packed.length}\r\n\r\n`,
    );
    // Without its end, it goes on.
    socket.send(packed.subarray(0, -8));
    const bytes = () => staged.app.bodyBudget.bytes();
    await expect.poll(bytes, { timeout: 50_000 }).toBe(MiB);
    socket.socket.destroy();
    await expect.poll(bytes, { timeout: 50_000 }).toBe(0);
  });
});
