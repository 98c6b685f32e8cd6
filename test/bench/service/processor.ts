/** Preloaded into a server that is measured: answers the message "processor" with the milliseconds of processor of all its threads. */
import { isMainThread } from "node:worker_threads";

if (isMainThread && process.send) {
  process.on("message", (message) => {
    if (message !== "processor") return;
    const { user, system } = process.cpuUsage();
    process.send?.((user + system) / 1000);
  });
  process.channel?.unref();
}
