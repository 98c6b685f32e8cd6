/** Checks that the database answers and accepts writes. */
import { setTimeout as delay } from "node:timers/promises";
import { TrainyardError } from "../../domain/errors.ts";
import type { Services } from "../services.ts";

/** Time after which a database that has not answered counts as unavailable. */
const PING_MS = 2000;

/** Throws unavailable when the database does not answer in time, or the store's own error, which names the cause and the cure. */
export async function checkDatabase({ store }: Pick<Services, "store">): Promise<void> {
  const away = new TrainyardError("unavailable", "the database does not answer");
  const trouble = await Promise.race([
    store.ping().then(
      () => null,
      (error: unknown) => (error instanceof TrainyardError ? error : away),
    ),
    delay(PING_MS, away, { ref: false }),
  ]);
  if (trouble) throw trouble;
}
