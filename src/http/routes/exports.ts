/** Exports: what leaves the yard in the formats of others. */
import { Readable } from "node:stream";
import { z } from "zod";
import { eventFileName } from "../../formats/tensorboard.ts";
import { exportEvents } from "../../jobs/export-metrics.ts";
import type { App, RouteContext } from "../context.ts";
import { answers } from "../openapi.ts";
import { jobParams } from "../parameters.ts";

const BINARY = z.string().meta({ format: "binary" });

/** Registers the routes of exports. */
export function registerExports(app: App, context: RouteContext): void {
  registerTensorBoard(app, context);
}

function registerTensorBoard(app: App, { services }: RouteContext): void {
  app.get(
    "/v1/jobs/:id/tensorboard",
    {
      schema: {
        tags: ["metrics"],
        operationId: "exportTensorBoard",
        summary: "Download a TensorBoard event file",
        description:
          "All epochs so far as scalars by step: `Loss/train`, `Loss/validation`, `Accuracy/train` and so on for every series, and `lr`, `grad_norm` and `epoch_ms`. Save it in a folder under the name that it comes with, and point `tensorboard --logdir` at the folder. Wall times are those of the epochs; values are float32, as event files have them.",
        params: jobParams,
        response: answers({ 200: ["The file.", { "application/octet-stream": BINARY }] }, [404]),
      },
    },
    async ({ params: { id } }, reply) => {
      const { startedAtMs, chunks } = await exportEvents(services, id);
      reply
        .type("application/octet-stream")
        .header("content-disposition", `attachment; filename="${eventFileName(id, startedAtMs)}"`);
      return Readable.from(chunks, { objectMode: false });
    },
  );
}
