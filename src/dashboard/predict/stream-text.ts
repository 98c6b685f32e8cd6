/** Reads streams of bytes; not every browser can iterate over one. */

/** Iterates over the chunks of a stream. Rejects with the stream's error. */
export async function* chunksOf<T>(stream: ReadableStream<T>): AsyncGenerator<T, void, void> {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/** Reads a stream of UTF-8 to its end. Rejects with the stream's error, which `Response.text()` would replace in some browsers. */
export async function textOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunksOf(stream)) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
