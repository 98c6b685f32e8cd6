/** Fails requests whose answer switches the protocol. */
import type { ClientRequest } from "node:http";

/**
 * Makes 101 an error of a request. Node closes the connection of one that nobody asked for with neither a response nor an error, and also what
 * ends the request later, such as its time limit, is then none: whoever waits for it would wait for ever.
 */
export function failOnUpgrade(request: ClientRequest): void {
  request.on("upgrade", (_, socket) => {
    socket.destroy();
    request.emit("error", new Error("answered 101, a change of the protocol that was not asked for"));
  });
}
