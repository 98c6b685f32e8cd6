/** An import that is given up while its request is under way. */
import { expect, it } from "vitest";
import { createClient } from "../../src/client/client.ts";

/** A client whose first request has no answer that arrives, and who is told what was sent. */
function unanswered(second: () => Response) {
  const sent: { readonly path: string; readonly key: string | null }[] = [];
  const leaving = new AbortController();
  const fetch = async (input: unknown, { headers, signal }: RequestInit = {}): Promise<Response> => {
    sent.push({ path: new URL(String(input)).pathname, key: new Headers(headers).get("idempotency-key") });
    if (sent.length > 1) return second();
    leaving.abort(new Error("given up"));
    throw signal?.reason;
  };
  const client = createClient("http://127.0.0.1:1/", { fetch: fetch as typeof globalThis.fetch, tries: 1 });
  return { client, leaving, sent };
}

it.each([
  ["is taken", () => Response.json({ id: "imp_1", state: "cancelled" }, { status: 202 })],
  ["finds nothing", () => Response.json({ title: "none" }, { status: 404 })],
])("is cancelled by the key of its request, whether that %s", async (_, second) => {
  const { client, leaving, sent } = unanswered(second);
  const importing = client.importDataset({ source: { url: "https://example.com/x.csv" } }, { signal: leaving.signal });
  await expect(importing).rejects.toThrow("given up");
  expect(sent.map(({ path }) => path)).toEqual(["/v1/datasets/import", `/v1/imports/${sent[0]?.key}/cancel`]);
});
