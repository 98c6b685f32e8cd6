import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { createWebhookSender } from "../../src/outbound/webhook-sender.ts";
import { startReceiver } from "./receiver.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const never = new AbortController().signal;
const messageTo = (url: string) => ({
  id: "whd_1",
  url,
  body: '{"type":"job.succeeded","data":{"name":"ü"}}',
  secret,
  timestampS: Math.floor(Date.now() / 1000),
});

describe("a webhook", () => {
  it("is verified by the library that others verify with, and by no other secret", async () => {
    const receiver = await startReceiver((response) => response.writeHead(204).end());
    const sender = createWebhookSender({ allowPrivate: true, timeoutMs: 10_000 });
    const message = messageTo(receiver.url);
    expect(await sender.send(message, never)).toEqual({ ok: true, status: 204 });
    const [{ headers, body } = { headers: {}, body: "" }] = receiver.received;
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(JSON.parse(message.body));
    expect(headers).toMatchObject({ "webhook-id": "whd_1", "content-type": "application/json" });
    expect(() => new Webhook(Buffer.alloc(32).toString("base64")).verify(body, headers as Record<string, string>)).toThrow();
  });

  it.each([
    [500, "answered 500", false],
    [404, "answered 404", false],
    [410, "answered 410", true],
    [302, "answered 302, and redirects are not followed", false],
  ])("that is answered with %i has failed", async (status, error, isFinal) => {
    const receiver = await startReceiver((response) => response.writeHead(status, { location: "/elsewhere" }).end());
    const sender = createWebhookSender({ allowPrivate: true, timeoutMs: 10_000 });
    expect(await sender.send(messageTo(receiver.url), never)).toEqual({
      ok: false,
      status,
      error,
      isFinal,
      retryAfterMs: null,
    });
    expect(receiver.received).toHaveLength(1);
  });

  it("has failed where the answer changes the protocol", async () => {
    const receiver = await startReceiver(({ socket }) => {
      socket?.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n");
    });
    const sender = createWebhookSender({ allowPrivate: true, timeoutMs: 10_000 });
    const error = "answered 101, a change of the protocol that was not asked for";
    expect(await sender.send(messageTo(receiver.url), never)).toMatchObject({ ok: false, status: null, error, isFinal: false });
  });

  it("waits as long as it is told to", async () => {
    const receiver = await startReceiver((response) => response.writeHead(503, { "retry-after": "90" }).end());
    const sender = createWebhookSender({ allowPrivate: true, timeoutMs: 10_000 });
    expect(await sender.send(messageTo(receiver.url), never)).toMatchObject({ status: 503, retryAfterMs: 90_000 });
  });

  it("does not wait for an answer for ever, nor when it is told to give up", async () => {
    const receiver = await startReceiver(() => undefined);
    const patient = createWebhookSender({ allowPrivate: true, timeoutMs: 60_000 });
    const impatient = createWebhookSender({ allowPrivate: true, timeoutMs: 150 });
    expect(await impatient.send(messageTo(receiver.url), never)).toMatchObject({ ok: false, error: "no answer within 150 ms" });
    const giveUp = new AbortController();
    const sent = patient.send(messageTo(receiver.url), giveUp.signal);
    await receiver.until(2);
    giveUp.abort();
    expect(await sent).toMatchObject({ ok: false, status: null });
  });

  it("takes the status of an answer that has no end", async () => {
    const receiver = await startReceiver((response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    });
    const sender = createWebhookSender({ allowPrivate: true, timeoutMs: 10_000 });
    expect(await sender.send(messageTo(receiver.url), never)).toEqual({ ok: true, status: 200 });
  });

  it("says what is wrong with a receiver that is not there", async () => {
    const sender = createWebhookSender({ allowPrivate: true, timeoutMs: 10_000 });
    expect(await sender.send(messageTo("http://127.0.0.1:1/"), never)).toMatchObject({
      ok: false,
      status: null,
      error: expect.stringContaining("ECONNREFUSED"),
      isFinal: false,
    });
  });
});

describe("a webhook to an address that is not public", () => {
  it.each([
    "http://127.0.0.1:9/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://0.0.0.0/",
    "http://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/",
    "http://localhost:9/",
    "https://localhost/",
  ])("%s is not sent", async (url) => {
    const sender = createWebhookSender({ allowPrivate: false, timeoutMs: 10_000 });
    const result = await sender.send(messageTo(url), never);
    expect(result).toMatchObject({ ok: false, status: null, isFinal: true });
    expect(result).toHaveProperty("error", expect.stringContaining("private, local or reserved"));
  });

  it("is not sent whatever its name was looked up to first", async () => {
    const receiver = await startReceiver((response) => response.end());
    const answers = ["93.184.215.14", "127.0.0.1"];
    let lookups = 0;
    // The name means a public address when it is checked, and loopback from then on: what was checked is what counts.
    const lookup = ((_name: string, _options: object, callback: (error: null, found: object[]) => void) => {
      callback(null, [{ address: answers[Math.min(lookups++, 1)], family: 4 }]);
    }) as never;
    const sender = createWebhookSender({ allowPrivate: false, timeoutMs: 300, lookup });
    const { port } = new URL(receiver.url);
    await sender.send(messageTo(`http://rebound.example.com:${port}/`), never);
    expect(await sender.send(messageTo(`http://rebound.example.com:${port}/`), never)).toMatchObject({ isFinal: true });
    expect(receiver.received).toEqual([]);
    expect(lookups).toBe(2);
  });
});
