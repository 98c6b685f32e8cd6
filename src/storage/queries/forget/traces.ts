/** Erases what is left of records that were deleted: chunks of a deletion that a crash ended, webhooks, and stored answers. */
import type { Kysely } from "kysely";
import { ID_PREFIXES } from "../../../domain/id.ts";
import type { Tables } from "../../tables.ts";
import { eraseTensors } from "../blobs.ts";
import { eraseDataset } from "../datasets/datasets.ts";
import { eraseCheckpoints } from "../jobs/checkpoints.ts";

/** Routes whose answers tell of rows, and which change nothing: asked again, they answer again. */
const TELLING = ["predict", "explain", "evaluate", "infer", "partial-dependence"];

/** See ForgetStore.eraseTraces. Every step may be repeated. */
export async function eraseTraces(db: Kysely<Tables>, project: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    if (id.startsWith(ID_PREFIXES.dataset)) await eraseDataset(db, id);
    if (id.startsWith(ID_PREFIXES.job)) {
      const rows = await db.selectFrom("checkpoints").select("id").where("job_id", "=", id).where("ready", "=", 0).execute();
      await eraseCheckpoints(
        db,
        rows.map((row) => row.id),
      );
      await db.deleteFrom("webhook_deliveries").where("job_id", "=", id).execute();
    }
    if (id.startsWith(ID_PREFIXES.sweep)) await eraseTensors(db, id);
    await db
      .deleteFrom("idempotency_keys")
      .where("project", "=", project)
      // That of the run itself is asked for again by clients that lost it, and holds no cell.
      .where("resource_id", "not like", `${ID_PREFIXES.forget}%`)
      .where((values) =>
        values.or([values("resource_id", "=", id), values("answer", "like", `%${id.replaceAll(/[%\\]/g, "_")}%`)]),
      )
      .execute();
  }
  for (const route of TELLING)
    await db.deleteFrom("idempotency_keys").where("project", "=", project).where("route", "like", `%${route}%`).execute();
}
