/**
 * The answer to a batch of rows. Its last line, the trailer (domain/models/batch-trailer.ts), says whether every row was
 * answered; this file takes it off and turns a failure into an error.
 */
import { type BatchFormat, readTrailer } from "../domain/models/batch-trailer.ts";
import type { Note } from "../domain/notes.ts";

/** A batch whose answer ended early. The message is the reason that the server gave, or that the connection broke. */
export class BatchError extends Error {
  override readonly name = "BatchError";
}

const LINE_FEED = 10;

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Returns the bytes of a batch's answer without its trailer. After the last row the stream closes, or throws a BatchError
 * when rows are missing. It reads no faster than it is read. `onNotes` is told what was odd about the rows, once all were read.
 */
export function readBatchAnswer(
  body: ReadableStream<Bytes>,
  format: BatchFormat,
  onNotes: (notes: readonly Note[]) => void = () => undefined,
): ReadableStream<Bytes> {
  const reader = body.getReader();
  /** From the beginning of a line on: it may be the last. */
  let held: Bytes = new Uint8Array();

  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        for (;;) {
          const { done, value } = await reader.read().catch((cause: unknown) => {
            throw new BatchError(BROKEN, { cause });
          });
          if (done) break;
          const bytes = joined(held, value);
          const lastLine = bytes.lastIndexOf(LINE_FEED, -2) + 1;
          held = bytes.subarray(lastLine);
          if (lastLine > 0) return controller.enqueue(bytes.subarray(0, lastLine));
        }
        const trailer = readTrailer(format, new TextDecoder().decode(held).trimEnd());
        if (!trailer?.end) throw new BatchError(trailer?.detail ?? BROKEN);
        onNotes(trailer.notes);
        controller.close();
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // An error throws away what waits in a stream, so nothing waits: each read asks for its own bytes.
    { highWaterMark: 0 },
  );
}

const BROKEN = "the connection broke before the answer was whole";

function joined(head: Bytes, tail: Bytes): Bytes {
  if (head.byteLength === 0) return tail;
  const both = new Uint8Array(head.byteLength + tail.byteLength);
  both.set(head);
  both.set(tail, head.byteLength);
  return both;
}
