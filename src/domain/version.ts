/** The version of Trainyard: of the package, and of the API that server, client and command line speak. */
export const VERSION = "0.1.0";
