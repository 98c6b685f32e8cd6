/**
 * Tensor sets in the database: their bytes in chunks of 256 kB, so that no statement holds the database for long. Names and
 * shapes are kept by the owner.
 */
import type { Kysely } from "kysely";
import { elementCount, type TensorEntry, type TensorSet } from "../../domain/tensor.ts";
import type { Tables } from "../tables.ts";

export const CHUNK_BYTES = 256 * 1024;
/** Chunks deleted in one transaction. */
const CHUNKS_A_DELETION = 64;
/** Chunks read with one query. */
const CHUNKS_A_READ = 8;

/** Stores the values of a set under its owner's id, little-endian float32. Copies a chunk at a time: the set stays whole. */
export async function writeTensors(db: Kysely<Tables>, ownerId: string, { data }: TensorSet): Promise<void> {
  const all = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  for (let position = 0; position * CHUNK_BYTES < all.byteLength; position++) {
    const bytes = all.slice(position * CHUNK_BYTES, (position + 1) * CHUNK_BYTES);
    await db.insertInto("blob_chunks").values({ blob_id: ownerId, position, bytes }).execute();
  }
}

/**
 * The set that was stored under an id, or the tensors that it begins with. Chunks are missing when their owner was deleted
 * between the look at it and this: null when `owner` finds it no more, else an error.
 */
export async function readTensors(
  db: Kysely<Tables>,
  { id, entries }: { readonly id: string; readonly entries: readonly TensorEntry[] },
  owner: () => Promise<unknown>,
): Promise<TensorSet | null> {
  const data = new Float32Array(entries.reduce((total, { shape }) => total + elementCount(shape), 0));
  const all = new Uint8Array(data.buffer);
  let position = 0;
  while (position * CHUNK_BYTES < all.byteLength) {
    const chunks = await db
      .selectFrom("blob_chunks")
      .select("bytes")
      .where("blob_id", "=", id)
      .where("position", ">=", position)
      .orderBy("position")
      .limit(CHUNKS_A_READ)
      .execute();
    if (chunks.length === 0) {
      if (!(await owner())) return null;
      throw new Error(`chunk ${position} of ${id} is missing`);
    }
    for (const { bytes } of chunks) {
      const start = position++ * CHUNK_BYTES;
      // What is stored may go on after the tensors that are asked for.
      if (start < all.byteLength) all.set(bytes.subarray(0, all.byteLength - start), start);
    }
  }
  return { entries, data };
}

/** Deletes a set over many short transactions: a set of a gigabyte would hold the database for seconds. */
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
          .limit(CHUNKS_A_DELETION),
      )
      .executeTakeFirstOrThrow();
    left = numDeletedRows === BigInt(CHUNKS_A_DELETION);
  }
}

/** Deletes a set at once. */
export async function deleteTensors(db: Kysely<Tables>, ownerId: string): Promise<void> {
  await db.deleteFrom("blob_chunks").where("blob_id", "=", ownerId).execute();
}
