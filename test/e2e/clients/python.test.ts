/**
 * The Python package, by the Pythons of this machine: its tests against a real server, its wheel, and its installation without a
 * network. Skipped where there is no Python 3.9 or newer; the tests of its estimators where none of them has scikit-learn 1.2 or newer.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cleanEnvironment } from "../../cli/binary.ts";
import { type BorrowedServer, borrowServer } from "../borrowed-server.ts";
import { ROOT } from "../documents/documents.ts";

const PACKAGE = join(ROOT, "clients/python");
/** Most that programs take, less than their tests may. */
const QUICK_MS = 50_000;
const SKLEARN_MS = 290_000;

/** Runs a program to its end; one that hangs is ended before its test is, and leaves no process behind. */
const run = (program: string, args: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv; timeout?: number } = {}) =>
  promisify(execFile)(program, args, { timeout: QUICK_MS, killSignal: "SIGKILL", ...options });

/** Programs that may be a Python; a system's own may have packages that the first on the path has not. */
const PYTHONS = ["python3", "python", "/usr/bin/python3"];
const hasRun = (python: string, code: string) => spawnSync(python, ["-c", code]).status === 0;
const pythons = PYTHONS.filter((python) => hasRun(python, "import sys; sys.exit(sys.version_info < (3, 9))"));
const [python] = pythons;
const SKLEARN = "import sklearn, sys; sys.exit(tuple(map(int, sklearn.__version__.split('.')[:2])) < (1, 2))";
const withSklearn = pythons.find((candidate) => hasRun(candidate, SKLEARN));

const NO_PYTHON = "there is no Python 3.9 or newer";
const NO_SKLEARN = "no Python here has scikit-learn 1.2 or newer";

/** What unittest says of its tests; `patterns` are those of the files. */
async function unittest(program: string, pattern: string, url: string, timeout = QUICK_MS): Promise<string> {
  const env = cleanEnvironment({ TRAINYARD_URL: url, PYTHONPATH: join(PACKAGE, "src"), PYTHONDONTWRITEBYTECODE: "1" });
  const { stderr } = await run(program, ["-m", "unittest", "discover", "-s", "tests", "-p", pattern], {
    cwd: PACKAGE,
    env,
    timeout,
  });
  return stderr;
}

describe.skipIf(!python)(python ? "the Python package" : `the Python package (${NO_PYTHON})`, () => {
  const program = python as string;
  let folder: string;
  let server: BorrowedServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "trainyard-python-"));
    server = await borrowServer();
  });
  afterAll(async () => {
    await server.giveBack();
    await rm(folder, { recursive: true });
  });

  it.each(["test_t*.py", "test_live.py"])("passes its tests: %s", async (pattern) => {
    expect(await unittest(program, pattern, server.url)).toMatch(/Ran \d\d? tests in .*\n\nOK\n$/);
  });

  it("is an estimator of scikit-learn's", { timeout: 300_000 }, async ({ skip }) => {
    if (!withSklearn) return skip(NO_SKLEARN);
    expect(await unittest(withSklearn, "test_sklearn.py", server.url, SKLEARN_MS)).toMatch(/Ran \d+ tests in .*\n\nOK/);
  });

  it("is a wheel of the same bytes whenever it is built", async () => {
    const build = async (name: string) => {
      await run(program, ["-B", join(PACKAGE, "build_backend/trainyard_build.py"), join(folder, name)]);
      return readFile(join(folder, name, "trainyard-0.1.0-py3-none-any.whl"));
    };
    expect((await build("once")).equals(await build("twice"))).toBe(true);
  });

  it("is installed from its folder without a network", async ({ skip }) => {
    if (!hasRun(program, "import pip")) return skip("this Python has no pip");
    const target = join(folder, "installed");
    const options = ["--isolated", "--no-index", "--no-deps", "--disable-pip-version-check", "--target", target];
    await run(program, ["-m", "pip", "install", ...options, PACKAGE]);
    const code = "import trainyard; print(trainyard.__file__, trainyard.__version__)";
    const { stdout } = await run(program, ["-c", code], { env: cleanEnvironment({ PYTHONPATH: target }) });
    expect(stdout.trim()).toBe(`${join(target, "trainyard/__init__.py")} 0.1.0`);
  });
});
