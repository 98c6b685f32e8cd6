/**
 * Queries on tensor sets. Stores their bytes in chunks of 256 kB, so that no statement blocks the database for long. The row of
 * the owner holds their names and shapes.
 */
import type { Kysely } from "kysely";
import { elementCount, type TensorEntry, type TensorSet } from "../../domain/tensor.ts";
import type { Tables } from "../tables.ts";

export const CHUNK_BYTES = 256 * 1024;
/** Chunks deleted in one transaction. */
const CHUNKS_PER_DELETION = 64;
/** Chunks read with one query. */
const CHUNKS_PER_READ = 8;

/** Stores the values of a set under its owner's id, as little-endian float32. Copies each chunk, so that the set stays usable. */
export async function writeTensors(db: Kysely<Tables>, ownerId: string, { data }: TensorSet): Promise<void> {
  await writeBytes(db, ownerId, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}

/** Stores bytes under their owner's id. Copies each chunk, so that they stay usable. */
export async function writeBytes(db: Kysely<Tables>, ownerId: string, all: Uint8Array): Promise<void> {
  for (let position = 0; position * CHUNK_BYTES < all.byteLength; position++) {
    const bytes = all.slice(position * CHUNK_BYTES, (position + 1) * CHUNK_BYTES);
    await db.insertInto("blob_chunks").values({ blob_id: ownerId, position, bytes }).execute();
  }
}

/**
 * Reads the set that was stored under an id, or its first tensors. Chunks are missing when the owner was deleted after it was
 * read: returns null when `owner` no longer finds it, and throws otherwise.
 */
export async function readTensors(
  db: Kysely<Tables>,
  { id, entries }: { readonly id: string; readonly entries: readonly TensorEntry[] },
  owner: () => Promise<unknown>,
): Promise<TensorSet | null> {
  const count = entries.reduce((total, { shape }) => total + elementCount(shape), 0);
  const all = await readBytes(db, id, count * Float32Array.BYTES_PER_ELEMENT, owner);
  return all && { entries, data: new Float32Array(all.buffer) };
}

/** Reads the first bytes that were stored under an id. Chunks that are missing: see readTensors. */
export async function readBytes(
  db: Kysely<Tables>,
  id: string,
  length: number,
  owner: () => Promise<unknown> = () => Promise.resolve(null),
): Promise<Uint8Array<ArrayBuffer> | null> {
  const all = new Uint8Array(length);
  let position = 0;
  while (position * CHUNK_BYTES < all.byteLength) {
    const chunks = await db
      .selectFrom("blob_chunks")
      .select("bytes")
      .where("blob_id", "=", id)
      .where("position", ">=", position)
      .orderBy("position")
      .limit(CHUNKS_PER_READ)
      .execute();
    if (chunks.length === 0) {
      if (!(await owner())) return null;
      throw new Error(`chunk ${position} of ${id} is missing`);
    }
    for (const { bytes } of chunks) {
      const start = position++ * CHUNK_BYTES;
      // More may be stored than is read.
      if (start < all.byteLength) all.set(bytes.subarray(0, all.byteLength - start), start);
    }
  }
  return all;
}

/** Deletes a set over many short transactions, because deleting a gigabyte at once would block the database for seconds. */
export async function eraseTensors(db: Kysely<Tables>, ownerId: string): Promise<void> {
  for (let left = true; left; ) {
    const { numDeletedRows } = await db
      .deleteFrom("blob_chunks")
      .where("blob_id", "=", ownerId)
      .where("position", "in", (query) =>
        query
          .selectFrom("blob_chunks")
          .select("position")
          .where("blob_id", "=", ownerId)
          .orderBy("position", "desc")
          .limit(CHUNKS_PER_DELETION),
      )
      .executeTakeFirstOrThrow();
    left = numDeletedRows === BigInt(CHUNKS_PER_DELETION);
  }
}

/** Deletes a set in one statement. */
export async function deleteTensors(db: Kysely<Tables>, ownerId: string): Promise<void> {
  await db.deleteFrom("blob_chunks").where("blob_id", "=", ownerId).execute();
}
