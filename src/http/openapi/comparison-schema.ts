/** A comparison of two models: its schema for the document, and its serializer. */
import { z } from "zod";
import type { Comparison } from "../../app/models/compare-models.ts";

const identity = z.object({ id: z.string(), name: z.string(), version: z.int() });

const place = { pointer: z.string().meta({ description: "JSON pointer (RFC 6901) of the place." }) };

const pairs = z.array(
  z.object({ ...place, a: z.number(), b: z.number(), difference: z.number().meta({ description: "b - a." }) }),
);

const differences = z.array(
  z.object({
    ...place,
    a: z.unknown().optional().meta({ description: "Left out where only b has this place." }),
    b: z.unknown().optional().meta({ description: "Left out where only a has this place." }),
  }),
);

export const comparisonAnswer = z
  .object({
    a: identity,
    b: identity,
    metrics: pairs.meta({ description: "Metrics of the last and the best epoch that both have, where they are finite." }),
    evaluation: pairs.meta({ description: "Scores that both have, by part." }),
    spec: differences.nullable().meta({
      description: "Where the resolved specs of their jobs differ; null if one of them has no job, or if it was deleted.",
    }),
    architecture: differences.meta({ description: "Where layers, preprocessing or classes differ." }),
  })
  .meta({
    id: "Comparison",
    description: "Two models side by side.",
    examples: [
      {
        a: { id: "mdl_0197b2a4-7f01-7a3c-8d11-5b9e2c4f6a70", name: "moons-mlp", version: 1 },
        b: { id: "mdl_0197b2a4-8a55-7d10-9c3e-0e6f1b2a7c44", name: "moons-mlp", version: 2 },
        metrics: [{ pointer: "/final/loss", a: 0.25, b: 0.125, difference: -0.125 }],
        evaluation: [{ pointer: "/train/accuracy", a: 0.75, b: 1, difference: 0.25 }],
        spec: [{ pointer: "/optimizer/lr", a: 0.05, b: 0.1 }],
        architecture: [],
      },
    ],
  });

/** A comparison as the API shows it. */
export function representComparison({ a, b, ...rest }: Comparison) {
  const identityOf = ({ id, name, version }: Comparison["a"]) => ({ id, name, version });
  return { a: identityOf(a), b: identityOf(b), ...rest };
}
