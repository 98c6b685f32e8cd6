/** Copies the monitoring options to a model that replaces another. */
import { SCORE_DROP } from "../../domain/monitoring/monitor-store.ts";
import type { ProjectServices } from "../services.ts";

/** Gives a model the webhook, the sample and the bound of the live score of the model before it, unless it has its own. May be repeated. */
export async function copyMonitoringOptions({ store }: ProjectServices, fromId: string, toId: string): Promise<void> {
  const { monitors } = store;
  const before = await monitors.get(fromId);
  if (!before || (before.webhook === null && before.sampleRows === 0 && before.scoreDrop === SCORE_DROP)) return;
  const now = await monitors.get(toId);
  await monitors.configure(
    toId,
    {
      webhook: now?.webhook ?? before.webhook,
      sampleRows: now?.sampleRows || before.sampleRows,
      scoreDrop: now && now.scoreDrop !== SCORE_DROP ? now.scoreDrop : before.scoreDrop,
    },
    Date.now(),
  );
}
