/** Queries on answers that wait for true labels, and on their sums. */
import { type Kysely, sql } from "kysely";
import { type LiveSums, MAX_ANSWERS, type Truth } from "../../../domain/monitoring/monitor-store.ts";
import type { Tables } from "../../tables.ts";
import { lockMonitor } from "./monitors.ts";

/** Answers of a statement. */
const STEP = 500;

/** See MonitorStore.keepAnswers. */
export async function keepAnswers(
  db: Kysely<Tables>,
  modelId: string,
  predictionId: string,
  answers: ArrayLike<number>,
  at: number,
  firstRow = 0,
): Promise<boolean> {
  return await db.transaction().execute(async (transaction) => {
    const state = await lockMonitor(transaction, modelId, at);
    if (!state) return false;
    const kept = await makeRoom(transaction, modelId, state.answers, answers.length);
    for (let from = 0; from < answers.length; from += STEP) {
      const rows = Array.from({ length: Math.min(STEP, answers.length - from) }, (_, index) => ({
        model_id: modelId,
        prediction_id: predictionId,
        row: firstRow + from + index,
        answer: answers[from + index] as number,
        truth: null,
        answered_at: at,
      })).filter(({ answer }) => Number.isFinite(answer));
      if (rows.length === 0) continue;
      await transaction
        .insertInto("monitored_answers")
        .values(rows)
        .onConflict((conflict) =>
          conflict.columns(["model_id", "prediction_id", "row"]).doUpdateSet(({ ref }) => ({
            answer: ref("excluded.answer"),
            answered_at: ref("excluded.answered_at"),
          })),
        )
        .execute();
    }
    await transaction
      .updateTable("monitors")
      .set({ answers: kept + answers.length })
      .where("model_id", "=", modelId)
      .execute();
    return true;
  });
}

/** Deletes the oldest answers if there are too many. Returns how many are kept. */
async function makeRoom(db: Kysely<Tables>, modelId: string, kept: number, added: number): Promise<number> {
  if (kept + added <= MAX_ANSWERS) return kept;
  // A tenth at a time, so that most calls delete nothing.
  const most = Math.max(0, Math.floor(0.9 * MAX_ANSWERS) - added);
  const youngest = await db
    .selectFrom("monitored_answers")
    .select("answered_at")
    .where("model_id", "=", modelId)
    .orderBy("answered_at", "desc")
    .offset(most)
    .limit(1)
    .executeTakeFirst();
  if (youngest)
    await db
      .deleteFrom("monitored_answers")
      .where("model_id", "=", modelId)
      .where("answered_at", "<=", youngest.answered_at)
      .execute();
  const { count } = await db
    .selectFrom("monitored_answers")
    .select(({ fn }) => fn.countAll<number>().as("count"))
    .where("model_id", "=", modelId)
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** See MonitorStore.label. */
export async function labelAnswers(db: Kysely<Tables>, modelId: string, truths: readonly Truth[]): Promise<boolean[]> {
  return await db.transaction().execute(async (transaction) => {
    const found: boolean[] = [];
    for (const { predictionId, row, truth } of truths) {
      const { numUpdatedRows } = await transaction
        .updateTable("monitored_answers")
        .set({ truth })
        .where("model_id", "=", modelId)
        .where("prediction_id", "=", predictionId)
        .where("row", "=", row)
        .executeTakeFirst();
      found.push(Number(numUpdatedRows) > 0);
    }
    return found;
  });
}

/** See MonitorStore.sums. The mean comes first: sums of squares of large values would cancel. */
export async function sumAnswers(db: Kysely<Tables>, modelId: string, newest: number | null = null): Promise<LiveSums> {
  const of = db.selectFrom("monitored_answers").select(["answer", "truth"]).where("model_id", "=", modelId);
  const chosen = newest === null ? of : of.where("truth", "is not", null).orderBy("answered_at", "desc").limit(newest);
  const all = db.selectFrom(chosen.as("chosen"));
  const { answers, mean } = await all
    .select(({ fn }) => [fn.countAll<number>().as("answers"), fn.avg<number | null>("truth").as("mean")])
    .executeTakeFirstOrThrow();
  const center = Number(mean ?? 0);
  const sums = await all
    .where("truth", "is not", null)
    .select(({ fn }) => [
      fn.countAll<number>().as("labelled"),
      sql<number | null>`sum(case when answer = truth then 1 else 0 end)`.as("right"),
      sql<number | null>`sum(abs(answer - truth))`.as("absolute"),
      sql<number | null>`sum((answer - truth) * (answer - truth))`.as("squared"),
      // As a literal of the same type on both databases.
      sql<number | null>`sum((truth - cast(${center} as double precision)) * (truth - cast(${center} as double precision)))`.as(
        "variation",
      ),
    ])
    .executeTakeFirstOrThrow();
  return {
    answers: Number(answers),
    labelled: Number(sums.labelled),
    right: Number(sums.right ?? 0),
    absolute: Number(sums.absolute ?? 0),
    squared: Number(sums.squared ?? 0),
    variation: Number(sums.variation ?? 0),
  };
}

/** See MonitorStore.deleteOldAnswers. */
export async function deleteOldAnswers(db: Kysely<Tables>, before: number, limit: number): Promise<number> {
  const old = await db
    .selectFrom("monitored_answers")
    .select(["model_id", "prediction_id", "row"])
    .where("answered_at", "<", before)
    .limit(limit)
    .execute();
  for (const { model_id, prediction_id, row } of old)
    await db
      .deleteFrom("monitored_answers")
      .where("model_id", "=", model_id)
      .where("prediction_id", "=", prediction_id)
      .where("row", "=", row)
      .execute();
  return old.length;
}
