/** The schema of a number in answers. */
import { z } from "zod";

/** A number as JSON carries it: NaN and the infinities as strings. */
export const wireNumber = z
  .union([z.number(), z.enum(["NaN", "Infinity", "-Infinity"])])
  .meta({ id: "WireNumber", description: "A number; NaN and the infinities are strings, which JSON has no numbers for." });
