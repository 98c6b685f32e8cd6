import Fastify from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sendTextsInPieces, writeAnswersInSlices } from "../../../src/http/connection/large-answers.ts";
import type { App } from "../../../src/http/context.ts";

const object = { rows: Array.from({ length: 50_000 }, (_, at) => ({ at, text: "é😀" })) };
const text = `${"😀é".repeat(100_000)}\ud800`;

async function received(url: string): Promise<{ readonly response: Response; readonly body: string }> {
  const response = await fetch(url);
  return { response, body: await response.text() };
}

describe("a large answer", () => {
  const app = Fastify() as unknown as App;
  let url = "";
  beforeAll(async () => {
    writeAnswersInSlices(app);
    sendTextsInPieces(app);
    app.get("/object", async () => object);
    app.get("/text", async (_, reply) => reply.type("text/plain; charset=utf-8").send(text));
    app.get("/small", async () => ({ small: true }));
    url = await app.listen({ port: 0, host: "127.0.0.1" });
  });
  afterAll(() => app.close());

  it.each([
    ["/object", JSON.stringify(object), "application/json; charset=utf-8"],
    ["/text", Buffer.from(text).toString(), "text/plain; charset=utf-8"],
    ["/small", '{"small":true}', "application/json; charset=utf-8"],
  ])("is what it would be at once, with its length: %s", async (path, expected, type) => {
    const { response, body } = await received(url + path);
    expect(body === expected).toBe(true);
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("content-length")).toBe(String(Buffer.byteLength(expected)));
  });

  it("has its length alone where HEAD asks for it", async () => {
    const response = await fetch(`${url}/text`, { method: "HEAD" });
    expect([await response.text(), response.headers.get("content-length")]).toEqual(["", String(Buffer.byteLength(text))]);
  });
});
