/** Cancels a job: a queued or paused one at once, a running one as soon as its thread sees the request. */
import type { ProjectServices } from "../services.ts";
import { type Interruption, interrupt } from "./interrupt.ts";
import type { JobView } from "./job-view.ts";

const CANCEL: Interruption = {
  steps: [
    { from: "queued", to: "cancelled", reason: "cancelled before it ran" },
    { from: "paused", to: "cancelled", reason: "cancelled while it was paused" },
    { from: "running", to: "cancelling", reason: "cancel was requested" },
    { from: "pausing", to: "cancelling", reason: "cancel was requested while it paused" },
  ],
  underWay: "cancelling",
  refusal: "there is nothing to cancel",
};

/** Cancels a job and returns it, `cancelled` or `cancelling`. Throws not_found, and conflict for a job that has ended. */
export const cancel = (services: ProjectServices, id: string): Promise<JobView> => interrupt(services, id, CANCEL);
