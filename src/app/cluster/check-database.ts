/** Check the database: whether it answers, and takes what is written. */
import { setTimeout as delay } from "node:timers/promises";
import { TrainyardError } from "../../domain/errors.ts";
import type { Services } from "../services.ts";

/** A database that takes longer is away. */
const PING_MS = 2000;

/** Throws unavailable when the database does not answer in time, or says itself what it cannot do any more and what would help. */
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
