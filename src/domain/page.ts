/** Lists come in pages, by the id of their last item. */

export interface Page<T> {
  readonly data: readonly T[];
  readonly hasMore: boolean;
  /** Pass it as `after` for the next page; null on an empty one. */
  readonly nextAfter: string | null;
}

export interface PageRequest {
  /** The id of the last item of the page before. */
  readonly after?: string | undefined;
  /** 1..1000. */
  readonly limit: number;
}
