/** Numbers in requests, and bounds that hold for every installation. Configurable limits are in config.ts. */
import { z } from "zod";

/** Maximum width of a layer. */
export const MAX_UNITS = 65_536;
/** Largest side of the window of a convolution or pooling: each position in it adds operations to the compiled step. */
export const MAX_KERNEL = 16;
/** Maximum positions in the windows of all convolutions and poolings of a network together. */
export const MAX_WINDOW_PLACES = 512;
/** Maximum layers of a network, including those inside residual layers; those of an ensemble's members are counted separately. */
export const MAX_LAYERS = 100;
/** Maximum members of an ensemble. */
export const MAX_MEMBERS = 256;
/** Maximum layers in the members of all ensembles of a network together, including those inside residual layers. */
export const MAX_MEMBER_LAYERS = 512;
/** Seeds are safe integers, which JSON represents exactly. */
export const MAX_SEED = Number.MAX_SAFE_INTEGER;

const FLOAT32_DETAIL = "must fit float32: a finite number of at most 3.4028235e38 in magnitude";

/** Whether a value is a finite number that stays finite when rounded to float32. */
export const isFloat32 = (value: unknown): value is number => typeof value === "number" && Number.isFinite(Math.fround(value));

/** A finite number that stays finite when rounded to float32. */
export const float32 = z
  .number({ error: (issue) => (typeof issue.input === "number" ? FLOAT32_DETAIL : undefined) })
  .refine(isFloat32, { error: FLOAT32_DETAIL });
