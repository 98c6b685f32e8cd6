/** Pagination of lists by the id of the last item. */

export interface Page<T> {
  readonly data: readonly T[];
  readonly hasMore: boolean;
  /** The `after` of the next page; null if this page is empty. */
  readonly nextAfter: string | null;
}

export interface PageRequest {
  /** The id of the last item of the previous page. */
  readonly after?: string | undefined;
  /** 1..1000. */
  readonly limit: number;
}
