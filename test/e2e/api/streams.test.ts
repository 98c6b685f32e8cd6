/** REST, SSE and WebSocket are three ways to read one sequence: here for a job of 100,000 epochs, followed live. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Frame } from "../../../src/client/answers.ts";
import { columnOf, epochsOf, range, readEventStream, readSocket } from "../../http/streaming/readers.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";

const EPOCHS = 100_000;

let server: BorrowedServer;
let id: string;
beforeAll(async () => {
  server = await borrowServer();
  const job = await server.client.submit({
    data: { generator: { type: "linear", samples: 50 } },
    split: { validation: 0.2 },
    model: { layers: [{ type: "linear" }] },
    optimizer: { type: "sgd", lr: 0.001 },
    clip_grad: { type: "norm", max_norm: 10 },
    epochs: EPOCHS,
  });
  id = job.id;
});
afterAll(async () => {
  await server.giveBack();
});

describe("a job of 100,000 epochs", () => {
  it("is the same over every way, live and afterwards, whole and in pieces", async () => {
    const live = readSocket(server.url, id);
    const liveEvents = readEventStream(server.url, id);
    const broken = readUntilEpoch(EPOCHS / 3);
    const [{ code }, events, firstPart] = await Promise.all([live.closed, liveEvents, broken]);
    expect(code).toBe(1000);

    const secondPart = readSocket(server.url, id, firstPart.at(-1)?.seq ?? 0);
    await secondPart.closed;
    const resumedEvents = await readEventStream(server.url, id, { lastEventId: firstPart.at(-1)?.seq ?? 0 });
    const afterwards = readSocket(server.url, id);
    await afterwards.closed;

    expect(epochsOf(live.frames)).toEqual(range(1, EPOCHS));
    expect(live.frames.map(({ seq }) => seq).slice(0, -1)).toEqual(range(1, live.frames.length - 1));
    for (const frames of [
      events.frames,
      afterwards.frames,
      [...firstPart, ...secondPart.frames],
      [...firstPart, ...resumedEvents.frames],
      [...(await pagedEvents()), live.frames.at(-1)],
    ]) {
      expect(frames).toEqual(live.frames);
    }

    for (const points of [EPOCHS, 40_000]) {
      const rest = await pagedMetrics(points);
      for (const name of ["loss", "val_loss", "mae", "r2", "lr", "grad_norm", "epoch_ms"]) {
        expect(rest.get(name), name).toEqual(columnOf(live.frames, name));
        expect(rest.get(name), name).toHaveLength(EPOCHS);
      }
    }
  });

  it("sends at most about 20 frames a second", async () => {
    const frames = (await pagedEvents()).filter(({ type }) => type === "metrics");
    const job = await server.client.job(id);
    const seconds = (Date.parse(job.finished_at ?? "") - Date.parse(job.started_at ?? "")) / 1000;
    expect(frames.length).toBeLessThanOrEqual(22 * Math.max(1, seconds));
  });
});

async function readUntilEpoch(epoch: number) {
  const reader = readSocket(server.url, id);
  const last = await reader.until(({ to = 0 }) => to >= epoch);
  reader.socket.terminate();
  return reader.frames.filter(({ seq }) => seq <= last.seq);
}

async function pagedEvents(): Promise<Frame[]> {
  const frames: Frame[] = [];
  for (let after = 0, more = true; more; ) {
    const page = await server.client.events(id, { after, limit: 3 });
    frames.push(...page.data);
    after = page.next_after;
    more = page.has_more;
  }
  return frames;
}

async function pagedMetrics(points: number): Promise<Map<string, unknown[]>> {
  const columns = new Map<string, unknown[]>();
  for (let from = 1; from <= EPOCHS; from += points) {
    const { series, returned } = await server.client.metrics(id, { from, to: from + points - 1, points });
    expect(returned).toBe(Math.min(points, EPOCHS - from + 1));
    for (const [name, column] of Object.entries(series)) columns.set(name, [...(columns.get(name) ?? []), ...column]);
  }
  return columns;
}
