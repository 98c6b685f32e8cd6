/** The interfaces of the store, one line for each entity; each interface is in the entity's own file. */
import type { KeyStore, SessionStore } from "../access/api-key.ts";
import type { AuditLogStore } from "../access/audit-log.ts";
import type { IdempotencyStore } from "../access/idempotency.ts";
import type { CounterStore } from "../access/rate-limit.ts";
import type { DatasetStore } from "../datasets/dataset-store.ts";
import type { ForgetStore } from "../forget/forget-store.ts";
import type { CheckpointStore } from "../jobs/checkpoint.ts";
import type { EventStore, JobStore } from "../jobs/job-store.ts";
import type { QueueStore } from "../jobs/queue-order.ts";
import type { MetricStore } from "../metrics/metric-store.ts";
import type { ModelStore } from "../models/model-store.ts";
import type { MonitorStore } from "../monitoring/monitor-store.ts";
import type { DeliveryStore, SecretStore } from "../operation/webhook.ts";
import type { WorkerStore } from "../operation/worker.ts";
import type { ScheduleRunStore, ScheduleStore } from "../schedules/schedule-store.ts";
import type { ImportStore } from "../sources/table-import.ts";
import type { SweepStore } from "../sweeps/sweep-store.ts";
import type { TrackingStore } from "../tracking/tracking-store.ts";

/** Everything that a database stores. Methods do not use `this`, so each can be passed on alone. */
export interface EntityStores {
  readonly jobs: JobStore;
  readonly events: EventStore;
  readonly metrics: MetricStore;
  readonly checkpoints: CheckpointStore;
  readonly queue: QueueStore;
  readonly sweeps: SweepStore;
  readonly models: ModelStore;
  readonly monitors: MonitorStore;
  readonly datasets: DatasetStore;
  readonly forgets: ForgetStore;
  readonly schedules: ScheduleStore;
  readonly scheduleRuns: ScheduleRunStore;
  readonly imports: ImportStore;
  readonly tracking: TrackingStore;
  readonly deliveries: DeliveryStore;
  readonly secrets: SecretStore;
  readonly keys: KeyStore;
  readonly sessions: SessionStore;
  readonly auditLog: AuditLogStore;
  readonly idempotency: IdempotencyStore;
  readonly counters: CounterStore;
  readonly workers: WorkerStore;
}
