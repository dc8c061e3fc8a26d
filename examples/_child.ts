/**
 * Programs as their users run them: a process of its own. For tests.
 *
 * @module
 */

/** How a program is run. */
export interface ChildOptions {
  /** Permissions such as `--allow-read`; none when left out. */
  readonly permissions?: readonly string[];
  /** Environment variables to add. */
  readonly env?: Record<string, string>;
  /** The folder it runs in. */
  readonly cwd?: string;
  /** Text for its standard input; without it, there is none. */
  readonly stdin?: string;
  /** Text on standard output after which it is sent SIGINT. */
  readonly interruptAfter?: string;
}

/** What came of a program. */
export interface ChildResult {
  /** The exit code. */
  readonly code: number;
  /** What it wrote on standard output. */
  readonly stdout: string;
  /** What it wrote on standard error. */
  readonly stderr: string;
}

/** The command that runs an example. */
export function exampleCommand(
  name: string,
  args: readonly string[],
  options: ChildOptions = {},
): Deno.Command {
  const path = new URL(name, import.meta.url).pathname;
  const permissions = options.permissions ?? [];
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", ...permissions, path, ...args],
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    ...(options.env !== undefined && { env: options.env }),
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
}

/** Runs an example to its end. */
export async function runExample(
  name: string,
  args: readonly string[],
  options: ChildOptions = {},
): Promise<ChildResult> {
  const child = exampleCommand(name, args, options).spawn();
  if (options.stdin !== undefined) {
    const input = child.stdin.getWriter();
    await input.write(new TextEncoder().encode(options.stdin));
    await input.close();
  }
  const errors = new Response(child.stderr).text();
  let stdout = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const before = stdout;
    stdout += text;
    const mark = options.interruptAfter;
    if (mark !== undefined && stdout.includes(mark) && !before.includes(mark)) child.kill("SIGINT");
  }
  const { code } = await child.status;
  return { code, stdout, stderr: await errors };
}
