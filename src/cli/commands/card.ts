/** `trainyard card`: the model card, one HTML file. */
import { examples, type Register } from "../context.ts";
import { byteSize } from "../figures.ts";
import { writeOutput } from "../files.ts";

export const registerCard: Register = (program, context) => {
  program
    .command("card")
    .description("write a model card: one readable HTML file about a model")
    .argument("<model>", "id, name (its newest version), name@version or name@alias")
    .option("-o, --output <file>", "file to write (default: stdout)", "-")
    .addHelpText("after", examples("trainyard card penguins > card.html", "trainyard card penguins@2 -o card.html"))
    .action(async (reference: string, { output }: { readonly output: string }) => {
      const bytes = await writeOutput([await context.client().card(reference)], output, context.output);
      if (output === "-") return;
      context.show({ model: reference, file: output, bytes }, () => [`${output}  ${byteSize(bytes)}`]);
    });
};
