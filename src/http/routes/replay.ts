/** Replays of a step of a job. */
import { z } from "zod";
import { replayJob } from "../../app/jobs/replay.ts";
import { MAX_REPLAYED_ROWS, REPLAY_ASKS, type ReplayAsk, tensorFigures } from "../../domain/jobs/replay.ts";
import { whileConnected } from "../connection/request-ending.ts";
import type { App } from "../context.ts";
import { answers } from "../openapi/openapi.ts";
import { jobParams, replayQuery } from "../openapi/parameters.ts";
import { wireNumber } from "../openapi/wire-number.ts";

/**
 * A replayed step.
 *
 * @internal Exported for the test that compares the client's types with the answers.
 */
export const replayAnswer = z
  .object({
    step: z.int(),
    epoch: z.int().meta({ description: "Epochs that are done." }),
    step_of_epoch: z.int().meta({ description: "Steps that are done of the next." }),
    steps_per_epoch: z.int(),
    from_step: z.int().meta({ description: "The step of the stored state from which it was computed; 0 is the start." }),
    engine_version: z.string().nullable().meta({
      description:
        "The version of the engine that trained the job and replayed it. Null where neither a model nor a checkpoint is left that says which one trained it: if it was another, bits differ.",
    }),
    sha256: z.string().meta({ description: "SHA-256 of the weights, as for a model." }),
    rows: z.int().meta({
      description: `Rows that the loss and all below are of: the first ${MAX_REPLAYED_ROWS} that train, or fewer of a large network.`,
    }),
    loss: wireNumber.meta({
      description: "In evaluation mode, without dropout; of a network with members, that of their mean prediction.",
    }),
    gradients: z.array(tensorFigures).optional().meta({ description: "The gradients of that loss, for each parameter." }),
    activations: z.array(tensorFigures).optional().meta({ description: "The output of each layer, [rows, ...]." }),
    loss_by_row: z
      .object({ rows: z.array(z.int()).meta({ description: "Numbers in the data, from 0." }), losses: z.array(wireNumber) })
      .optional()
      .meta({
        description: "What each row adds to the loss, with its weight, times the number of rows: their mean is the loss.",
      }),
  })
  .meta({
    id: "Replay",
    examples: [
      {
        ...{
          step: 120,
          epoch: 120,
          step_of_epoch: 0,
          steps_per_epoch: 1,
          from_step: 0,
          engine_version: "2",
          rows: 2,
          loss: 0.25,
        },
        sha256: "4d1c1f3a2b0e9d8c7b6a5f4e3d2c1b0a9f8e7d6c5b4a39281706f5e4d3c2b1a0",
        loss_by_row: { rows: [0, 1], losses: [0.2, 0.3] },
      },
    ],
  });

/** Registers the route that replays a step. */
export function registerReplay(app: App): void {
  app.get(
    "/v1/jobs/:id/replay",
    {
      schema: {
        tags: ["jobs"],
        operationId: "replayJob",
        summary: "Replay a step of a job",
        description: `The weights after any step, computed again from the nearest stored state to the same bits by the same version of the engine (409 for a job of another), and what is asked about them (${REPLAY_ASKS.join(", ")}). A small network keeps states for this while it trains; of others there are the checkpoints and the start.`,
        params: jobParams,
        querystring: replayQuery,
        response: answers({ 200: ["The step.", replayAnswer] }, [404, 409, 422, 429]),
      },
    },
    async (request, reply) => {
      const { step, ask } = request.query;
      const asked = { step, ask: ask as ReplayAsk[] };
      return replayJob(whileConnected(request, reply), request.params.id, asked);
    },
  );
}
