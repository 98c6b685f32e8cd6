/** Data sets: their metadata, and the values of their columns in chunks. */
import { type Kysely, sql } from "kysely";
import type { ColumnTypes } from "./column-types.ts";

/** Adds the tables of data sets. */
export async function up(db: Kysely<unknown>, { bytes }: ColumnTypes): Promise<void> {
  await db.schema
    .createTable("datasets")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("format", "text", (column) => column.notNull())
    .addColumn("sha256", "text", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("rows", "bigint", (column) => column.notNull())
    .addColumn("column_count", "integer", (column) => column.notNull())
    .addColumn("layout", "text", (column) => column.notNull())
    .addColumn("columns", "text", (column) => column.notNull())
    .addColumn("preview", "text", (column) => column.notNull())
    .addColumn("ready", "integer", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  // Of two simultaneous uploads of the same bytes, one becomes the data set.
  await db.schema
    .createIndex("datasets_content")
    .unique()
    .on("datasets")
    .columns(["sha256", "format"])
    .where(sql.ref("ready"), "=", sql.lit(1))
    .execute();
  await db.schema
    .createTable("dataset_chunks")
    .addColumn("dataset_id", "text", (column) => column.notNull().references("datasets.id").onDelete("cascade"))
    .addColumn("column_index", "integer", (column) => column.notNull())
    .addColumn("position", "integer", (column) => column.notNull())
    .addColumn("bytes", sql.raw(bytes), (column) => column.notNull())
    .addPrimaryKeyConstraint("dataset_chunks_key", ["dataset_id", "column_index", "position"])
    .execute();
}
