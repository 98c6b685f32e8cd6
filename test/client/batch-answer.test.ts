/** A batch's answer as a client reads it: every row that came, then whether they were all. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BatchError, readBatchAnswer } from "../../src/client/batch-answer.ts";
import { type BatchFormat, trailerOf } from "../../src/domain/models/batch-trailer.ts";

/** A body that comes in pieces cut at these places, and then breaks, if it does. */
function bodyOf(text: string, cuts: readonly number[], broken?: Error): ReadableStream<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(text);
  const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let at = 0;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const end = ends.shift();
      if (end !== undefined) {
        controller.enqueue(bytes.slice(at, end));
        at = end;
      } else if (broken) controller.error(broken);
      else controller.close();
    },
  });
}

async function read(body: ReadableStream<Uint8Array<ArrayBuffer>>, format: BatchFormat) {
  const decoder = new TextDecoder();
  let text = "";
  try {
    for await (const chunk of readBatchAnswer(body, format)) text += decoder.decode(chunk, { stream: true });
    return { text, error: null };
  } catch (error) {
    return { text, error };
  }
}

const format = fc.constantFrom<BatchFormat>("csv", "ndjson");
const cuts = fc.array(fc.nat(500), { maxLength: 12 });
// Rows may look like a trailer: only the last line is one.
const rows = fc.array(
  fc.oneof(fc.constantFrom("# end", "# error: no", '{"end":true}', '{"error":{"detail":"no"}}', '"a\nb",größe'), fc.string()),
  { maxLength: 8 },
);

describe("the answer to a batch", () => {
  it("is its rows, in whatever pieces they come", async () => {
    await fc.assert(
      fc.asyncProperty(format, rows, cuts, async (kind, lines, places) => {
        const text = lines.map((line) => `${line}\r\n`).join("");
        const whole = bodyOf(`${text}${trailerOf(kind, null)}\n`, places);
        expect(await read(whole, kind)).toEqual({ text, error: null });
      }),
    );
  });

  it("hands on the notes of its trailer", async () => {
    const notes = [{ code: "unseen_category" as const, column: "a\nb", line: 2, detail: "größe\r\n", cure: '"' }];
    for (const kind of ["csv", "ndjson"] as const) {
      let told: readonly unknown[] = [];
      const body = bodyOf(`1,2\r\n${trailerOf(kind, null, notes)}\n`, [3, 9]);
      const answer = readBatchAnswer(body, kind, (given) => {
        told = given;
      });
      expect(await new Response(answer).text()).toBe("1,2\r\n");
      expect(told).toEqual(notes);
    }
  });

  it("that breaks off is the rows that came, then what the server says of it", async () => {
    await fc.assert(
      fc.asyncProperty(format, rows, cuts, async (kind, lines, places) => {
        const text = lines.map((line) => `${line}\r\n`).join("");
        const failure = { code: "invalid", detail: "line 7, column größe: is missing" };
        const { text: came, error } = await read(bodyOf(`${text}${trailerOf(kind, failure)}\n`, places), kind);
        expect(came).toBe(text);
        expect(error).toEqual(new BatchError(failure.detail));
      }),
    );
  });

  it.each([
    ["ends without a word", bodyOf("1,2\n3,4\n", [3]), undefined],
    ["is empty", bodyOf("", []), undefined],
    ["loses its connection", bodyOf("1,2\n3,4\n", [3], new TypeError("terminated")), new TypeError("terminated")],
  ])("that %s is not taken for whole", async (_, body, cause) => {
    const { error } = await read(body, "csv");
    expect(error).toEqual(new BatchError("the connection broke before the answer was whole", cause && { cause }));
  });

  it("is read no faster than it is taken", async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array<ArrayBuffer>>(
      { pull: (controller) => controller.enqueue(new TextEncoder().encode(`${pulled++}\n`)) },
      { highWaterMark: 0 },
    );
    const reader = readBatchAnswer(endless, "csv").getReader();
    await reader.read();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(pulled).toBe(2);
    await reader.cancel();
  });
});
