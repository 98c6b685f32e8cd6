/** Exports in the formats of other programs. */
import { z } from "zod";
import { exportEvents } from "../../app/metrics/export-metrics.ts";
import { findModel, readWeights } from "../../app/models/find-model.ts";
import { readModelCard } from "../../app/models/model-card.ts";
import { eventFileName } from "../../formats/metrics/tensorboard.ts";
import { CARD_POLICY, CARD_TYPE } from "../../formats/model-card/model-card.ts";
import { ONNX_TYPE } from "../../formats/onnx/onnx.ts";
import { sendBytes } from "../connection/large-answers.ts";
import { whileConnected } from "../connection/request-ending.ts";
import type { App } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { jobParams, modelParams } from "../openapi/parameters.ts";

const BINARY = z.string().meta({ format: "binary" });

/** Registers the routes of exports. */
export function registerExports(app: App): void {
  registerTensorBoard(app);
  registerOnnx(app);
  registerCard(app);
}

function registerTensorBoard(app: App): void {
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
    async ({ params: { id }, services }, reply) => {
      const { startedAtMs, chunks } = await exportEvents(services, id);
      reply
        .type("application/octet-stream")
        .header("content-disposition", `attachment; filename="${eventFileName(id, startedAtMs)}"`);
      return sendBytes(reply, chunks);
    },
  );
}

const ONNX_DESCRIPTION = `One graph with the preprocessing of raw columns, the network and the final activation, for any number of rows. Opset 20.

Inputs: \`features\` [batch, width] of float32; or, for a model with preprocessing, one [batch, 1] for each raw column, under its name: numbers as float64 (NaN where missing), datetimes as float64 milliseconds since 1970 (NaN where missing), categories as strings ("" where missing).

Outputs: \`value\` [batch, outputs] of a regression, in the units of the targets; \`probabilities\` [batch, classes] and \`label\` [batch] of a classification. An output whose name is a column's gets \`_1\` after it.`;

function registerOnnx(app: App): void {
  app.get(
    "/v1/models/:ref/onnx",
    {
      schema: {
        tags: ["models"],
        operationId: "exportOnnx",
        summary: "Download as ONNX",
        description: ONNX_DESCRIPTION,
        params: modelParams,
        response: answers({ 200: ["The file.", { [ONNX_TYPE]: BINARY }] }, [404, 422]),
      },
    },
    async (request, reply) => {
      const { computePool, ...services } = whileConnected(request, reply);
      const model = await findModel(services, request.params.ref);
      const { size, pieces } = await computePool.encodeOnnx(model, await readWeights(services, model.id));
      reply
        .type(ONNX_TYPE)
        .header("content-length", size)
        .header("content-disposition", `attachment; filename="${model.id}.onnx"`);
      return sendBytes(reply, pieces);
    },
  );
}

function registerCard(app: App): void {
  app.get(
    "/v1/models/:ref/card",
    {
      schema: {
        tags: ["models"],
        operationId: "readModelCard",
        summary: "Read a model card",
        description:
          "One HTML file about a model for people: what it is for, its data, its training, its scores beside a constant answer and a straight line with their intervals, pictures, limits of use, and its receipt. It needs no script and no network, and says if something is not known. The note of the model's job says what the model is for. The card of a checkpoint, also while its job runs, has what is known so far, but no scores.",
        params: modelParams,
        response: answers({ 200: ["The card.", { [CARD_TYPE]: z.string().meta({ examples: ["<!doctype html>"] }) }] }, [404]),
      },
    },
    async ({ params, services }, reply) => {
      const { id, html } = await readModelCard(services, params.ref);
      reply
        .type(`${CARD_TYPE}; charset=utf-8`)
        .header("content-security-policy", `${CARD_POLICY}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`)
        .header("content-disposition", `inline; filename="${id}.html"`);
      return Buffer.from(html.buffer, html.byteOffset, html.byteLength);
    },
  );
}
