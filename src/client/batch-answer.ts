/**
 * The answer to a batch of rows, which may break off in its middle: its last line says why then (http/routes/predict.ts). What
 * has come before that is handed on whole; fetch alone would drop what it holds when the connection breaks.
 */

/** A batch whose answer broke off; the message is what the server says of it. */
export class BatchError extends Error {
  override readonly name = "BatchError";
}

/** Bytes that are read ahead of whoever takes them. */
const READ_AHEAD_BYTES = 1024 * 1024;
/** The last line is not longer than this. */
const TAIL_BYTES = 16 * 1024;
const CSV_ERROR = "# error: ";

type Bytes = Uint8Array<ArrayBuffer>;

/** The bytes of a batch's answer, all that came; then, where it broke off, a BatchError. */
export function readBatchAnswer(body: ReadableStream<Bytes>): ReadableStream<Bytes> {
  const reader = body.getReader();
  const waiting: Bytes[] = [];
  let bytes = 0;
  let tail: Bytes = new Uint8Array();
  let failure: Error | null = null;
  let isOver = false;
  let changed = Promise.withResolvers<void>();
  const notify = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };

  async function readAhead(): Promise<void> {
    try {
      for (;;) {
        while (bytes > READ_AHEAD_BYTES) await changed.promise;
        const { done, value } = await reader.read();
        if (done) break;
        tail = endOf(tail, value);
        waiting.push(value);
        bytes += value.byteLength;
        notify();
      }
    } catch (error) {
      failure = new BatchError(reasonIn(tail) ?? "the connection broke before the answer was whole", { cause: error });
    }
    isOver = true;
    notify();
  }
  void readAhead();

  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        while (waiting.length === 0 && !isOver) await changed.promise;
        const chunk = waiting.shift();
        if (chunk) {
          bytes -= chunk.byteLength;
          notify();
          controller.enqueue(chunk);
        } else if (failure) controller.error(failure);
        else controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function endOf(tail: Bytes, chunk: Bytes): Bytes {
  if (chunk.byteLength >= TAIL_BYTES) return chunk.slice(-TAIL_BYTES);
  const both = new Uint8Array(tail.byteLength + chunk.byteLength);
  both.set(tail);
  both.set(chunk, tail.byteLength);
  return both.slice(-TAIL_BYTES);
}

/** What the last line says went wrong, if it does. */
function reasonIn(tail: Bytes): string | null {
  const line = new TextDecoder().decode(tail).trimEnd().split("\n").at(-1) ?? "";
  if (line.startsWith(CSV_ERROR)) return line.slice(CSV_ERROR.length);
  try {
    return (JSON.parse(line) as { error?: { detail?: string } }).error?.detail ?? null;
  } catch {
    return null;
  }
}
