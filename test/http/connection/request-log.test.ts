import Fastify, { type FastifyBaseLogger, LogController } from "fastify";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { createRequestLog, logRequests } from "../../../src/http/connection/request-log.ts";
import type { App } from "../../../src/http/context.ts";

/** What is logged while an address is asked for, line by line. */
async function linesOf(address: string, options: pino.LoggerOptions): Promise<Record<string, unknown>[]> {
  const written: string[] = [];
  const app: App = Fastify({
    loggerInstance: pino(options, { write: (line) => void written.push(line) }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    genReqId: () => 'id "1"',
    childLoggerFactory: createRequestLog,
  });
  logRequests(app);
  app.get("/v1/models/:ref/predict", (request, reply) => {
    request.log.info({ rows: 3 }, "by pino");
    return reply.code(404).send({});
  });
  await app.inject(address);
  await app.close();
  expect(written.every((line) => line.indexOf("\n") === line.length - 1)).toBe(true);
  return written.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("the log of requests", () => {
  const address = `/v1/models/${encodeURIComponent('quo"ted\n\u2028')}/predict`;

  it.each<pino.LoggerOptions>([{ level: "info" }, { level: "debug", base: null }, { base: { node: "a\\b" } }])(
    "has a line of each request that begins as those of pino do: %j",
    async (options) => {
      const [byPino, line] = await linesOf(address, options);
      const { rows, msg, time, ...shared } = byPino ?? {};
      expect({ rows, msg }).toEqual({ rows: 3, msg: "by pino" });
      expect(shared).toMatchObject({ level: 30, request_id: 'id "1"', model: 'quo"ted\n\u2028' });
      expect(line).toEqual({
        ...shared,
        method: "GET",
        route: "/v1/models/:ref/predict",
        status: 404,
        ms: expect.any(Number),
        time: expect.any(Number),
        msg: "request",
      });
      expect(Number(line?.time)).toBeGreaterThanOrEqual(Number(time));
    },
  );

  it("says nothing of requests above the level info", async () => {
    expect(await linesOf(address, { level: "warn" })).toEqual([]);
  });
});
