/**
 * The defaults of settings that the command line must know as well: where a server listens and keeps its data, and
 * how many connections it has. All
 * other defaults stand in config.ts. Imports nothing, so that the command line starts no slower for it.
 */

/** The defaults of TRAINYARD_HOST, TRAINYARD_PORT, TRAINYARD_DATA_DIR and TRAINYARD_MAX_CONNECTIONS. */
export const DEFAULTS = { host: "127.0.0.1", port: 8080, dataDir: "./data", connections: 10_000 } as const;
