/** The version of the Trainyard package, and of the API that the server, the client and the command line use. */
export const VERSION = "0.1.0";
