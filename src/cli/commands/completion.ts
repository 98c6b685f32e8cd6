/** `trainyard completion`: prints a script with which a shell completes commands, options and their choices. */
import { Argument, type Command } from "commander";
import { examples, type Register } from "../context.ts";

/** A position on the command line: the words before it, and what may come next. */
interface Position {
  /** Names of the commands before, without the program: "", "jobs", "datasets add". */
  readonly path: string;
  readonly commands: readonly Word[];
  readonly options: readonly OptionWord[];
}

interface Word {
  readonly name: string;
  readonly description: string;
}

interface OptionWord extends Word {
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

const SHELLS: Readonly<Record<string, (program: string, positions: readonly Position[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const registerCompletion: Register = (program, context) => {
  program
    .command("completion")
    .description("print a script that completes commands and options")
    .addArgument(new Argument("<shell>", "which").choices(Object.keys(SHELLS)))
    .addHelpText(
      "after",
      examples(
        'eval "$(trainyard completion bash)"  # in ~/.bashrc',
        'eval "$(trainyard completion zsh)"   # in ~/.zshrc, after compinit',
        "trainyard completion fish > ~/.config/fish/completions/trainyard.fish",
      ),
    )
    .action((shell: string) => {
      context.output.write(SHELLS[shell]?.(program.name(), positionsOf(program)) ?? "");
    });
};

/** Every command with what may follow it; the shared options may follow each. */
function positionsOf(program: Command): Position[] {
  const shared = optionsOf(program);
  const visit = (command: Command, path: string): Position[] => {
    const commands = command.commands.map((sub) => ({ name: sub.name(), description: sub.description() }));
    const own = command === program ? [] : optionsOf(command);
    const position = { path, commands, options: [...own, ...shared, HELP] };
    return [position, ...command.commands.flatMap((sub) => visit(sub, path === "" ? sub.name() : `${path} ${sub.name()}`))];
  };
  return visit(program, "");
}

const HELP: OptionWord = { name: "--help", description: "display help for command", takesValue: false, choices: [] };

function optionsOf(command: Command): OptionWord[] {
  return command.options.flatMap(({ long, description, required, optional, argChoices }) => {
    return long ? [{ name: long, description, takesValue: required || optional, choices: argChoices ?? [] }] : [];
  });
}

/** Completes subcommands, else files; options after a hyphen, then their choices. Runs in macOS' bash 3.2 too. */
function bashScript(program: string, positions: readonly Position[]): string {
  const list = (words: readonly Word[]) => quote(words.map(({ name }) => name).join(" "));
  const cases = positions.map(({ path, commands, options }) => {
    return `    ${quote(path)}) commands=${list(commands)} options=${list(options)} ;;`;
  });
  const nested = positions.filter(({ path }) => path !== "").map(({ path }) => quote(path));
  const choices = choicesOf(positions).map(([key, words]) => `    ${quote(key)}) choices=${quote(words.join(" "))} ;;`);
  return `# bash completion of ${program}
_${program}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local path="" commands="" options="" choices="" next="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in ${nested.join("|")}) path="$next" ;; esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  case "$path $previous" in
${choices.join("\n")}
  esac
  local words="\${choices:-$commands}"
  if [[ "$current" == -* ]]; then words="$options"; fi
  if [[ -n "$words" ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$current"))
  else
    local IFS=$'\\n'
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}
complete -o filenames -F _${program} ${program}
`;
}

/** zsh runs bash's script, by its own bashcompinit. */
function zshScript(program: string, positions: readonly Position[]): string {
  return `autoload -Uz bashcompinit && bashcompinit\n${bashScript(program, positions)}`;
}

function fishScript(program: string, positions: readonly Position[]): string {
  const lines = positions.flatMap(({ path, commands, options }) => {
    const names = path === "" ? [] : path.split(" ");
    const others = commands.map(({ name }) => name).join(" ");
    const seen = names.map((name) => `__fish_seen_subcommand_from ${name}`);
    const when = [...seen, ...(others ? [`not __fish_seen_subcommand_from ${others}`] : [])].join("; and ");
    const base = `complete -c ${program} -n ${quote(when || "true")}`;
    return [
      ...commands.map(({ name, description }) => `${base} -f -a ${name} -d ${quote(description)}`),
      ...options.map(({ name, description, takesValue, choices }) => {
        const value = choices.length > 0 ? ` -x -a ${quote(choices.join(" "))}` : takesValue ? " -r" : "";
        return `${base} -l ${name.slice(2)}${value} -d ${quote(description)}`;
      }),
    ];
  });
  return `# fish completion of ${program}\n${lines.join("\n")}\n`;
}

/** Options with choices, by the position and the option's name. */
function choicesOf(positions: readonly Position[]): [key: string, choices: readonly string[]][] {
  return positions.flatMap(({ path, options }) =>
    options
      .filter(({ choices }) => choices.length > 0)
      .map(({ name, choices }): [string, readonly string[]] => [`${path} ${name}`, choices]),
  );
}

/** A word of a shell, whatever is in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
