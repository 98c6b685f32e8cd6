/** The limits of an installation, as config.ts reads them. What exceeds one is refused with the limit in the answer. */

export interface Limits {
  readonly bodyBytes: number;
  /** Rows of one job's data. */
  readonly rows: number;
  /** Trainable numbers of one network. */
  readonly parameters: number;
  /** Memory of one job's training, computed before it is accepted. */
  readonly jobMemoryBytes: number;
  /** Memory of all jobs that train at the same time: one that needs more is refused, and jobs wait rather than overcommit it. */
  readonly memoryBytes: number;
  readonly predictRows: number;
}

/** With those of each project. */
export interface ServiceLimits extends Limits {
  /** Of an upload, or a packed stream of rows to predict: as it is sent, and again unpacked. */
  readonly uploadBytes: number;
  readonly project: ProjectLimits;
}

/** What one project may have and do. */
export interface ProjectLimits {
  readonly queuedJobs: number;
  /** Jobs that train at the same time. */
  readonly runningJobs: number;
  readonly models: number;
  /** Of its uploaded files, together. */
  readonly datasetBytes: number;
  readonly requestsPerMinute: number;
  /** Readers over WebSocket and SSE at a time, of one process. */
  readonly streams: number;
  /** Jobs that one WebSocket may follow at a time. */
  readonly subscriptions: number;
}

/** What an uploaded table may be. */
export interface DatasetLimits {
  /** As uploaded, and again as unpacked. */
  readonly bytes: number;
  readonly rows: number;
  readonly columns: number;
  /** Labels of one column. A column with more is text. */
  readonly categories: number;
  /** Of one cell, in UTF-8. */
  readonly cellBytes: number;
  /** Of the values of all columns, which are held in memory once while they are read. */
  readonly memoryBytes: number;
}
