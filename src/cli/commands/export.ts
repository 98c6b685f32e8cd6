/** `trainyard export`: a model as a file that other programs read. */
import { Option } from "commander";
import type { Client, Model } from "../../client/index.ts";
import { type Context, examples, type Register } from "../context.ts";
import { CliError } from "../exit.ts";
import { byteSize } from "../figures.ts";
import { writeOutput } from "../files.ts";

interface Format {
  /** The name of a model's file when none is given. */
  readonly fileName: (model: Model) => string;
  readonly bytes: (client: Client, model: Model) => Promise<Uint8Array>;
}

const FORMATS: Readonly<Record<string, Format>> = {
  safetensors: {
    fileName: ({ name, version }) => `${name}-${version}.safetensors`,
    bytes: (client, { id }) => client.weights(id),
  },
  onnx: {
    fileName: ({ name, version }) => `${name}-${version}.onnx`,
    bytes: (client, { id }) => client.onnx(id),
  },
  tensorboard: {
    // TensorBoard finds files by this part of their names.
    fileName: ({ name, version }) => `events.out.tfevents.${name}-${version}`,
    bytes: (client, { job, name, version }) => {
      if (job === null) throw new CliError(`${name}@${version} was imported, so it has no job with metrics to export`);
      return client.tensorboard(job);
    },
  },
};

interface Options {
  readonly format: string;
  readonly output?: string;
}

export const registerExport: Register = (program, context) => {
  program
    .command("export")
    .description("write a model to a file that other programs read")
    .argument("<model>", "id, name (its newest version), name@version or name@alias")
    .addOption(new Option("-f, --format <format>", "which").choices(Object.keys(FORMATS)).default("safetensors"))
    .option("-o, --output <file>", "file to write, - for stdout (default: named after the model)")
    .addHelpText("after", examples("trainyard export iris --format onnx", "trainyard export iris@2 -o iris.safetensors"))
    .action((reference: string, options: Options) => exportModel(context, reference, options));
};

async function exportModel(context: Context, reference: string, { format: name, output }: Options): Promise<void> {
  const client = context.client();
  const model = await client.model(reference);
  const format = FORMATS[name] as Format;
  const path = output ?? format.fileName(model);
  const bytes = await writeOutput([await format.bytes(client, model)], path, context.output);
  if (path === "-") return;
  context.show({ model: model.id, format: name, file: path, bytes }, () => [`${path}  ${byteSize(bytes)}`]);
}
