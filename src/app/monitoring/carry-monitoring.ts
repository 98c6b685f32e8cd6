/** Takes the options of monitoring along when a model takes the place of another. */
import type { ProjectServices } from "../services.ts";

/** Gives a model the webhook and the sample that the one before it has, where it has none of its own. May be repeated. */
export async function carryMonitoring({ store }: ProjectServices, fromId: string, toId: string): Promise<void> {
  const { monitors } = store;
  const before = await monitors.get(fromId);
  if (!before || (before.webhook === null && before.sampleRows === 0)) return;
  const now = await monitors.get(toId);
  await monitors.configure(
    toId,
    { webhook: now?.webhook ?? before.webhook, sampleRows: now?.sampleRows || before.sampleRows },
    Date.now(),
  );
}
