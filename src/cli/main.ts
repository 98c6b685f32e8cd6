/** The entry of the command line: builds the program from the table of commands, runs it, and sets the exit code. */
import { Command } from "commander";
import { VERSION } from "../client/index.ts";
import { COMMANDS } from "./commands.ts";
import { addSharedOptions, createContext } from "./context.ts";
import { EXIT, reportError } from "./exit.ts";

const CODES = `
Exit codes:
  ${EXIT.done}    done
  ${EXIT.failed}    the server refused the request, or something else went wrong
  ${EXIT.usage}    the command line is wrong
  ${EXIT.unreachable}    no server answers
  ${EXIT.unsuccessful}    the followed job failed or was cancelled
  ${EXIT.interrupted}  Ctrl-C; the followed job keeps training

Environment:
  TRAINYARD_URL  the server's address
  TRAINYARD_KEY  an API key
  NO_COLOR       when set, no colours`;

/** A faulty command line names the help of its own command. */
function pointToOwnHelp(parent: Command, path = parent.name()): void {
  for (const command of parent.commands) {
    const own = `${path} ${command.name()}`;
    command.showHelpAfterError(`See ${own} --help.`);
    pointToOwnHelp(command, own);
  }
}

/** A command in the list of its parent, without `[options]`: with it, 80 columns would leave no room to wrap what it does. */
function termOf(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...args].join(" ");
}

const program = new Command("trainyard")
  .description("Training as a service: train, watch and use small neural networks.")
  .version(VERSION)
  .configureHelp({ showGlobalOptions: true, subcommandTerm: termOf })
  .showHelpAfterError("See trainyard --help.")
  .exitOverride()
  .addHelpText("after", CODES);
addSharedOptions(program);
const context = createContext(program, process);
for (const register of COMMANDS) register(program, context);
pointToOwnHelp(program);

// The reader of our output may stop at any time (`| head`), which is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? EXIT.done : EXIT.failed));

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = reportError(error, context.err, context.json);
}
