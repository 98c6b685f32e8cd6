/** What a migration is told of the database that it changes. */

/** Where the databases name a column type differently. */
export interface ColumnTypes {
  readonly bytes: "blob" | "bytea";
}
