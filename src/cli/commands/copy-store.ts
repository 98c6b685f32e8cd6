/** `trainyard copy-store`: copies a whole installation between databases, in a process that knows them. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { examples, type Register } from "../context.ts";
import { pathOfProgram } from "../server-process.ts";

export const registerCopyStore: Register = (program, context) => {
  program
    .command("copy-store")
    .description(
      "copy everything from one database into another, empty one, and compare counts and hashes; neither may be used by a server",
    )
    .requiredOption("--from <address>", "sqlite:FOLDER, the data directory of a server that is stopped, or postgres://...")
    .requiredOption("--to <address>", "an empty database, as --from")
    .addHelpText("after", examples("trainyard copy-store --from sqlite:./data --to postgres://ty:secret@db/trainyard"))
    .action(async ({ from, to }: { from: string; to: string }) => {
      const args = [pathOfProgram("copy-store"), "--from", from, "--to", to];
      const child = spawn(process.execPath, args, { env: context.environment, stdio: "inherit" });
      const [code] = await once(child, "exit");
      process.exitCode = (code as number | null) ?? 1;
    });
};
