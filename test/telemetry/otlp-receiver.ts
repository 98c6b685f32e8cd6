/** A receiver of OTLP over HTTP with JSON, which refuses what the specification does not allow, and of webhooks. */
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { z } from "zod";

const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ intValue: z.number().int() }),
  z.strictObject({ doubleValue: z.number() }),
  z.strictObject({ boolValue: z.boolean() }),
]);
const attributes = z.array(z.strictObject({ key: z.string().min(1), value }));
const nanoseconds = z.string().regex(/^\d{19}$/);
const spanId = z.string().regex(/^[0-9a-f]{16}$/);
const span = z.object({
  traceId: z.string().regex(/^[0-9a-f]{32}$/),
  spanId,
  parentSpanId: spanId.optional(),
  name: z.string().min(1),
  kind: z.number().int().min(1).max(5),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  /** Without a message, which might say what is in a row. */
  status: z.strictObject({ code: z.number().int().min(0).max(2) }),
});
const request = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes }),
      scopeSpans: z.array(
        z.object({ scope: z.object({ name: z.literal("trainyard"), version: z.string() }), spans: z.array(span) }),
      ),
    }),
  ),
});

export interface ReceivedSpan extends Omit<z.infer<typeof span>, "attributes"> {
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What came in, as it came. */
export interface OtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** Attributes of the resources of exports, one for each. */
  readonly resources: Readonly<Record<string, unknown>>[];
  readonly headers: IncomingHttpHeaders[];
  /** The text of all exports. */
  readonly texts: string[];
  /** The headers of webhooks, which go to `/hook` and below. */
  readonly hooks: IncomingHttpHeaders[];
  /** So many of the next exports are answered with 503. */
  refuses: number;
  close(): Promise<void>;
}

const valuesOf = (list: z.infer<typeof attributes>) =>
  Object.fromEntries(list.map(({ key, value: of }) => [key, Object.values(of)[0]]));

/** Starts a receiver on a free port. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const received = { spans: [], resources: [], headers: [], texts: [], hooks: [], refuses: 0 } as Omit<
    OtlpReceiver,
    "url" | "close"
  >;
  const server = createServer(async (incoming, answer) => {
    const body = await text(incoming);
    if (incoming.url?.startsWith("/hook")) {
      received.hooks.push(incoming.headers);
      return void answer.end();
    }
    if (received.refuses-- > 0) return void answer.writeHead(503).end();
    const parsed = incoming.url === "/v1/traces" ? request.safeParse(JSON.parse(body)) : null;
    if (!parsed?.success) return void answer.writeHead(400).end(String(parsed?.error ?? incoming.url));
    received.headers.push(incoming.headers);
    received.texts.push(body);
    for (const { resource, scopeSpans } of parsed.data.resourceSpans) {
      received.resources.push(valuesOf(resource.attributes));
      for (const { spans } of scopeSpans)
        received.spans.push(...spans.map((each) => ({ ...each, attributes: valuesOf(each.attributes) })));
    }
    answer.writeHead(200, { "content-type": "application/json" }).end('{"partialSuccess":{}}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(received, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}
