/**
 * One connection shared fairly by several senders: a sender that has sent waits until all others that were waiting have sent too, and
 * nobody sends while the reader is behind. However many they are, at most one message is above the low-water mark.
 */
import { caughtUp, type Message, type StreamBounds, type StreamConnection } from "./stream-connection.ts";

export interface FairWriter {
  /**
   * Sends when it is this message's turn, unless by then it is no longer wanted; settles when the reader has room for the next one. False
   * if there will be none: the reader is gone, or too slow.
   */
  send(message: Message, isWanted?: () => boolean): Promise<boolean>;
  /** Messages sent so far. */
  sent(): number;
}

/** Creates a writer on a connection. `onStall` is called once, when the reader has taken nothing for too long. */
export function createFairWriter(
  connection: StreamConnection<Message>,
  bounds: StreamBounds,
  { isGone, onStall }: { readonly isGone: () => boolean; readonly onStall: () => void },
): FairWriter {
  let sent = 0;
  let last = Promise.resolve(true);
  const turn = async (isOpen: boolean, message: Message, isWanted: () => boolean): Promise<boolean> => {
    if (!isOpen || isGone()) return false;
    if (!isWanted()) return true;
    connection.send(message);
    sent++;
    if (await caughtUp(connection, bounds, isGone)) return true;
    if (!isGone()) onStall();
    return false;
  };
  return {
    send(message, isWanted = () => true) {
      last = last.then((isOpen) => turn(isOpen, message, isWanted));
      return last;
    },
    sent: () => sent,
  };
}
