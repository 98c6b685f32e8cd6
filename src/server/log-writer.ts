/**
 * Writes log lines to standard output, many at a time and off the event loop: written one by one, each would cost more than a
 * small prediction. Knows nothing of their content.
 */
import { pino } from "pino";

/** Lines wait until they have this many characters, or for this long. */
const MAX_CHARACTERS = 32 * 1024;
const MAX_WAIT_MS = 100;

/** The destination of pino. Waiting lines are written before the process exits, unless it is killed. */
export function createLogWriter(): pino.DestinationStream {
  let waiting = "";
  let timer: NodeJS.Timeout | undefined;
  const handOn = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting === "") return;
    // As bytes: for text, SonicBoom would count everything that it holds again with each piece.
    output.write(Buffer.from(waiting) as unknown as string);
    waiting = "";
  };
  // Before the output's own listener, which writes what it holds.
  process.on("exit", handOn);
  const output = pino.destination({ sync: false, contentMode: "buffer" });
  return {
    write(line) {
      waiting += line;
      if (waiting.length >= MAX_CHARACTERS) handOn();
      else timer ??= setTimeout(handOn, MAX_WAIT_MS);
    },
  };
}
