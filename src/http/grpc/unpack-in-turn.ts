/**
 * Unpacks the compressed messages of a call one after the other, each when those before it have been taken. On its own, @grpc/grpc-js
 * unpacks all messages of the bytes that arrived together, hundreds in 64 kB, each up to the limit of a message.
 */
import type { ServerInterceptingCall, ServerInterceptingCallInterface, ServerInterceptor } from "@grpc/grpc-js";

/** The part of the package's own call that unpacks. It is not public: a test fails where another version lacks it. */
interface Unpacking {
  decompressMessage(message: Buffer, encoding: string): Buffer | Promise<Buffer>;
}

/** Creates the interceptor. `Call` is the package's class, which is loaded late. */
export function unpackInTurn(Call: typeof ServerInterceptingCall): ServerInterceptor {
  return (_, next) => {
    const taken = boundUnpacking(next as ServerInterceptingCallInterface & Unpacking);
    return new Call(next, {
      start: (begin) =>
        begin({
          onReceiveMessage(message, pass) {
            taken();
            pass(message);
          },
        }),
    });
  };
}

/** Returns the function to call for each message that is taken. */
function boundUnpacking(call: Unpacking): () => void {
  const unpack = call.decompressMessage.bind(call);
  const waiting: { readonly position: number; readonly start: () => void }[] = [];
  let arrived = 0;
  let taken = 0;
  call.decompressMessage = async (message, encoding) => {
    const position = arrived++;
    // Nobody starts those of a call that has ended.
    if (encoding !== "identity" && position > taken)
      await new Promise<void>((start) => waiting.push({ position, start: () => start() }));
    return unpack(message, encoding);
  };
  return () => {
    taken += 1;
    while (waiting[0] && waiting[0].position <= taken) waiting.shift()?.start();
  };
}
