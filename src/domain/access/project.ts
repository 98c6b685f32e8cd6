/** Projects, the owners of the records in the store. A project is only a name, and exists from its first key on. */
import { z } from "zod";

/** The project of the server's operator. Without keys, everything belongs to it. */
export const DEFAULT_PROJECT = "default";

export const projectName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,62}$/,
    "must have only lowercase letters, digits, hyphens and underscores, at most 63 characters",
  )
  .meta({ description: "A project: keys of one see nothing of another.", examples: ["default"] });
