/**
 * The defaults of settings that the command line must know as well: where a server listens, and where it keeps its data. All
 * other defaults stand in config.ts. Imports nothing, so that the command line starts no slower for it.
 */

/** The defaults of TRAINYARD_HOST, TRAINYARD_PORT and TRAINYARD_DATA_DIR. */
export const DEFAULTS = { host: "127.0.0.1", port: 8080, dataDir: "./data" } as const;
