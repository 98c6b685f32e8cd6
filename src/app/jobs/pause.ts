/** Pauses a job: a queued one leaves the queue, a running one writes a checkpoint and frees its worker. */
import type { ProjectServices } from "../services.ts";
import { type Interruption, interrupt } from "./interrupt.ts";
import type { JobView } from "./job-view.ts";

const PAUSE: Interruption = {
  steps: [
    { from: "queued", to: "paused", reason: "paused while it was queued" },
    { from: "running", to: "pausing", reason: "pause was requested" },
  ],
  underWay: "pausing",
  refusal: "only a queued or running job can be paused",
};

/** Pauses a job and returns it, `paused` or `pausing`. Throws not_found, and conflict for a job in any other state. */
export const pause = (services: ProjectServices, id: string): Promise<JobView> => interrupt(services, id, PAUSE);
