/**
 * Memory that is freed when it is no longer needed, and not when the garbage collector next looks. Rows, weights and bodies are not in its heap:
 * it learns that they grow, and collects all of that heap for what they take together.
 */

/**
 * Frees the memory of views that nobody else uses, which then have no length. Leaves a view of a part of its buffer, and memory that threads
 * share. Of a buffer that grows, what is left must be of fixed length: one of none would keep the address space of the largest.
 */
export function freeMemory(...views: readonly (ArrayBufferView | null | undefined)[]): void {
  for (const view of views) {
    if (!(view?.buffer instanceof ArrayBuffer) || view.buffer.detached) continue;
    if (view.buffer.byteLength === view.byteLength) view.buffer.transferToFixedLength(0);
  }
}
