/** Projects: who the records of the store belong to. A project is nothing but its name, which the first key of it brings. */
import { z } from "zod";

/** The project of whoever runs the server. Without keys everything is in it. */
export const DEFAULT_PROJECT = "default";

export const projectName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "must have lowercase letters, digits, hyphens and underscores, 63 at most")
  .meta({ description: "A project: keys of one see nothing of another.", examples: ["default"] });
