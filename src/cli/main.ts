/** The command line: builds the program of the table of commands, runs it, and ends with a code that says how it went. */
import { Command } from "commander";
import { VERSION } from "../client/index.ts";
import { COMMANDS } from "./commands.ts";
import { addSharedOptions, createContext } from "./context.ts";
import { EXIT, reportError } from "./exit.ts";

const CODES = `
Exit codes:
  ${EXIT.done}    done
  ${EXIT.failed}    the server refused, or something else went wrong
  ${EXIT.usage}    the command line is wrong
  ${EXIT.unreachable}    no server answers
  ${EXIT.unsuccessful}    the job that was waited for failed or was cancelled
  ${EXIT.interrupted}  Ctrl-C; a job that was watched goes on

Environment:
  TRAINYARD_URL  the server's address
  TRAINYARD_KEY  the key to show it
  NO_COLOR       when set, no colours`;

const program = new Command("trainyard")
  .description("Training as a service: train, watch and use small neural networks.")
  .version(VERSION)
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError("See trainyard --help.")
  .exitOverride()
  .addHelpText("after", CODES);
addSharedOptions(program);
const context = createContext(program, process);
for (const register of COMMANDS) register(program, context);

// Who reads our output may stop at any time (`| head`): that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? EXIT.done : EXIT.failed));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error, context.err, context.json);
}
