/** The typed client of the HTTP API. Needs `fetch` and `WebSocket`, which Node and browsers have, and no package. */
import { createDatasetsClient, type DatasetsClient } from "./datasets.ts";
import { createJobsClient, type JobsClient } from "./jobs.ts";
import { createModelsClient, type ModelsClient } from "./models.ts";
import { createMonitoringClient, type MonitoringClient } from "./monitoring/monitoring.ts";
import { createQuestionsClient, type QuestionsClient } from "./questions/questions.ts";
import { createSchedulesClient, type SchedulesClient } from "./schedules.ts";
import { createServiceClient, type ServiceClient } from "./service.ts";
import { createSweepsClient, type SweepsClient } from "./sweeps.ts";
import { createTransport, type TransportOptions } from "./transport/transport.ts";
import { fetchWithTries, type TriesOptions } from "./transport/tries.ts";
import { createWorkersClient, type WorkersClient } from "./workers.ts";

/** Every route of the API as a method. */
export interface Client
  extends JobsClient,
    ModelsClient,
    QuestionsClient,
    MonitoringClient,
    DatasetsClient,
    SchedulesClient,
    ServiceClient,
    SweepsClient,
    WorkersClient {}

/** How a client reaches its server, and how often it tries. */
export interface ClientOptions extends TransportOptions, TriesOptions {}

/**
 * Creates a client of the server at `baseUrl`; throws a TypeError when that is not a URL, and a RangeError for wrong
 * `tries`. Every method rejects with an ApiError when the answer is not a success, and with an UnreachableError when there is no answer.
 *
 *     const trainyard = createClient("http://127.0.0.1:8080", { key: process.env.TRAINYARD_KEY });
 *     const job = await trainyard.submit(spec);
 *     for await (const frame of trainyard.watch(job.id)) console.log(frame);
 */
export function createClient(baseUrl: string | URL, options: ClientOptions = {}): Client {
  // The global one is looked up by each request: a test may have replaced it.
  const { fetch: send = (input, init) => fetch(input, init) } = options;
  const transport = createTransport(baseUrl, { ...options, fetch: fetchWithTries(send, options) });
  return {
    ...createJobsClient(transport),
    ...createModelsClient(transport),
    ...createQuestionsClient(transport),
    ...createMonitoringClient(transport),
    ...createDatasetsClient(transport),
    ...createSchedulesClient(transport),
    ...createServiceClient(transport),
    ...createSweepsClient(transport),
    ...createWorkersClient(transport),
  };
}
