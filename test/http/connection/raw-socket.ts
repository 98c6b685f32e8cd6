/** A socket without a client's manners: sends the bytes that a test says, and gives what came back. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawSocket {
  readonly socket: Socket;
  send(text: string | Uint8Array): void;
  /** All that came until the other side ended the connection. */
  readonly closed: Promise<string>;
  /** Resolves when what has come satisfies the test; rejects if the connection closes before. */
  until(test: (text: string) => boolean): Promise<string>;
}

export async function openRawSocket(url: string): Promise<RawSocket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk.toString("latin1");
    socket.emit("grown");
  });
  socket.on("error", () => undefined);
  // Not by once(), which an error would reject: to be reset is an answer too.
  const closed = new Promise<string>((resolve) => socket.on("close", () => resolve(text)));
  return {
    socket,
    send: (bytes) => void socket.write(bytes),
    closed,
    async until(test) {
      while (!test(text)) {
        const grown = new Promise((resolve) => socket.once("grown", resolve));
        const isClosed = await Promise.race([grown.then(() => false), closed.then(() => true)]);
        if (isClosed && !test(text)) throw new Error(`the connection closed after: ${text}`);
      }
      return text;
    },
  };
}

/** Status and body of the first answer in what came. */
export function answerIn(text: string): { readonly status: number; readonly headers: string; readonly body: string } {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  return { status: Number(head.split(" ")[1]), headers: head.toLowerCase(), body: rest.join("\r\n\r\n") };
}
