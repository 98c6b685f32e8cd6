/** The typed client of the HTTP API. Needs fetch and WebSocket, which Node 22 and browsers have, and nothing else. */
import { createDatasetsClient, type DatasetsClient } from "./datasets.ts";
import { createJobsClient, type JobsClient } from "./jobs.ts";
import { createModelsClient, type ModelsClient } from "./models.ts";
import { createServiceClient, type ServiceClient } from "./service.ts";
import { createTransport, type TransportOptions } from "./transport.ts";
import { createWorkersClient, type WorkersClient } from "./workers.ts";

export interface Client extends JobsClient, ModelsClient, DatasetsClient, ServiceClient, WorkersClient {}

/**
 * A client of the server at `baseUrl`. Every method throws an ApiError when the answer is not a success, and an
 * UnreachableError when there is none.
 */
export function createClient(baseUrl: string | URL, options: TransportOptions = {}): Client {
  const transport = createTransport(baseUrl, options);
  return {
    ...createJobsClient(transport),
    ...createModelsClient(transport),
    ...createDatasetsClient(transport),
    ...createServiceClient(transport),
    ...createWorkersClient(transport),
  };
}
