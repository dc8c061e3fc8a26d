/**
 * Network namespaces for tests against real programs: made at the start of a test, and gone at its end
 * with everything that was started inside, also when the test fails.
 *
 * @module
 */

/** The Debian package of each program that the tests start. */
const packages: Readonly<Record<string, string>> = {
  arping: "iputils-arping",
  bridge: "iproute2",
  chronyd: "chrony",
  curl: "curl",
  dnsmasq: "dnsmasq",
  ethtool: "ethtool",
  h2load: "nghttp2-client",
  hping3: "hping3",
  ip: "iproute2",
  iperf3: "iperf3",
  nginx: "nginx-light",
  nice: "coreutils",
  nmap: "nmap",
  nping: "nmap",
  ping: "iputils-ping",
  scapy3: "python3-scapy",
  "qemu-system-x86_64": "qemu-system-x86",
  setpriv: "util-linux",
  sh: "dash",
  tcpdump: "tcpdump",
  tshark: "tshark",
  unshare: "util-linux",
  wrk: "wrk",
};

/** How long a child may take to end after it was asked to, in milliseconds. */
const patience = 2000;

/** How a program is run. */
export interface RunOptions {
  /** Text for its standard input; without it, there is none. */
  readonly stdin?: string;
  /** The folder it runs in; the test's own when left out. */
  readonly cwd?: string;
  /** Environment variables to add. */
  readonly env?: Record<string, string>;
  /** Whether an exit code other than 0 throws; `true` when left out. */
  readonly check?: boolean;
  /** After how many milliseconds it is killed and the call throws; 60,000 when left out. */
  readonly timeout?: number;
}

/** What came of a program. */
export interface RunResult {
  /** The exit code. */
  readonly code: number;
  /** What it wrote on standard output. */
  readonly stdout: string;
  /** What it wrote on standard error. */
  readonly stderr: string;
}

/**
 * Throws when a program is missing, with the line that installs it.
 *
 * @param commands The programs' names.
 */
export function requirePeers(...commands: string[]): void {
  const folders = (Deno.env.get("PATH") ?? "").split(":").concat("/usr/sbin", "/sbin");
  const missing = commands.filter((command) =>
    !command.includes("/") && !folders.some((folder) => exists(`${folder}/${command}`))
  );
  if (missing.length === 0) return;
  const names = missing.map((command) => packages[command] ?? command).join(" ");
  throw new Error(
    `Cannot run ${missing.join(", ")} as it is not installed: apt-get install ${names}`,
  );
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

/** A program running in a namespace. Its output is collected as it comes. */
export class NamespaceChild implements AsyncDisposable {
  /** What it has written on standard output. */
  stdout = "";
  /** What it has written on standard error. */
  stderr = "";
  /** Resolves with the exit code. */
  readonly exited: Promise<number>;

  readonly #label: string;
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #waiters = new Set<() => void>();
  #hasExited = false;

  /** Wraps a process whose three streams are piped. */
  constructor(label: string, process: Deno.ChildProcess) {
    this.#label = label;
    this.#process = process;
    this.#input = process.stdin.getWriter();
    const outputs = [
      this.#collect(process.stdout, (text) => this.stdout += text),
      this.#collect(process.stderr, (text) => this.stderr += text),
    ];
    this.exited = Promise.all([process.status, ...outputs]).then(([status]) => {
      this.#hasExited = true;
      this.#tell();
      return status.code;
    });
  }

  /** The process id. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Writes text to its standard input. */
  async write(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(text));
  }

  /**
   * Waits until its output holds a text.
   *
   * @param wanted What to look for, in standard output and standard error.
   * @param timeout Milliseconds.
   * @throws {Error} With all of its output, when it ends or time is up before.
   */
  async waitFor(wanted: string | RegExp, timeout: number = 10_000): Promise<void> {
    const late = Date.now() + timeout;
    for (;;) {
      if (this.stdout.search(wanted) >= 0 || this.stderr.search(wanted) >= 0) return;
      if (this.#hasExited) throw this.#failed(`has ended before it said ${wanted}`);
      const left = late - Date.now();
      if (left <= 0) throw this.#failed(`has not said ${wanted} within ${timeout} ms`);
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.#waiters.add(resolve);
        timer = setTimeout(resolve, left);
      });
      clearTimeout(timer);
    }
  }

  /** Waits for its end, and throws with all of its output unless its exit code is 0. */
  async finish(): Promise<void> {
    const code = await this.exited;
    if (code !== 0) throw this.#failed(`has ended with exit code ${code}`);
  }

  /** Asks it to end, by `signal`, and kills it when it does not. */
  async stop(signal: Deno.Signal = "SIGTERM"): Promise<void> {
    if (!this.#hasExited) {
      this.#signal(signal);
      const timer = setTimeout(() => this.#signal("SIGKILL"), patience);
      await this.exited;
      clearTimeout(timer);
    }
    await this.#input.close().catch(() => {});
  }

  /** Asks it to end. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #signal(signal: Deno.Signal): void {
    try {
      this.#process.kill(signal);
    } catch (error) {
      // It ended by itself a moment before.
      if (!(error instanceof TypeError || error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  async #collect(stream: ReadableStream<Uint8Array>, add: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of stream) {
      add(decoder.decode(chunk, { stream: true }));
      this.#tell();
    }
  }

  #tell(): void {
    for (const resolve of this.#waiters) resolve();
    this.#waiters.clear();
  }

  #failed(state: string): Error {
    return new Error(`${this.#label} ${state}\n${this.stdout}\n${this.stderr}`);
  }
}

/**
 * A network namespace.
 *
 * ```ts ignore
 * await using namespace = await Namespace.create();
 * await namespace.run("ip", ["tuntap", "add", "dev", "tap0", "mode", "tap"]);
 * const server = namespace.spawn("dnsmasq", ["-d", …]);
 * await server.waitFor("started");
 * ```
 */
export class Namespace implements AsyncDisposable {
  /** Its name, for `ip netns`. */
  readonly name: string;
  readonly #children: NamespaceChild[] = [];

  private constructor(name: string) {
    this.name = name;
  }

  /**
   * Makes a namespace whose loopback is up.
   *
   * @throws {Error} Without the right to, or without `ip`.
   */
  static async create(): Promise<Namespace> {
    requirePeers("ip");
    const random = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(16).padStart(8, "0");
    const name = `octet-${random}`;
    await execute("ip", ["netns", "add", name], {});
    const namespace = new Namespace(name);
    try {
      await execute("ip", ["-n", name, "link", "set", "lo", "up"], {});
    } catch (error) {
      await namespace[Symbol.asyncDispose]();
      throw error;
    }
    return namespace;
  }

  /**
   * Runs a program inside, to its end.
   *
   * @throws {Error} With its output, when its exit code is not 0 and `check` is not `false`.
   */
  run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    requirePeers(command);
    return execute("ip", ["netns", "exec", this.name, command, ...args], options);
  }

  /**
   * Runs a program inside to its end, as the user nobody, who has no rights at all. Deno's cache is somewhere in root's home, so that it
   * is mounted where he may read it; that mount is this program's own, as `ip netns exec` gives it.
   */
  async runAsNobody(
    command: string,
    args: readonly string[],
    options: RunOptions = {},
  ): Promise<RunResult> {
    requirePeers("setpriv", "sh", command);
    const cache = Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`;
    const folder = await Deno.makeTempDir();
    const script = 'mount --bind "$1" "$2" && shift 2 && exec "$@"';
    try {
      await Deno.chmod(folder, 0o755);
      const user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"];
      const wanted = ["sh", cache, folder, ...user, "--inh-caps", "-all", command, ...args];
      const env = { ...options.env, DENO_DIR: folder, HOME: "/nonexistent" };
      return await this.run("sh", ["-c", script, ...wanted], { cwd: "/", ...options, env });
    } finally {
      await Deno.remove(folder);
    }
  }

  /** Runs `deno` inside, to its end. */
  deno(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    return this.run(Deno.execPath(), args, options);
  }

  /** Runs a program inside that prints JSON, such as `ip -json`, and gives what it printed. */
  async json(command: string, args: readonly string[], options: RunOptions = {}): Promise<unknown> {
    return JSON.parse((await this.run(command, args, options)).stdout);
  }

  /** Starts a program inside; it ends with the namespace at the latest. */
  spawn(
    command: string,
    args: readonly string[],
    options: Pick<RunOptions, "cwd" | "env"> = {},
  ): NamespaceChild {
    requirePeers(command);
    const process = new Deno.Command("ip", {
      args: ["netns", "exec", this.name, command, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(options.env !== undefined && { env: options.env }),
    }).spawn();
    // `ip netns exec` becomes the program, so that its process id is the program's.
    const child = new NamespaceChild(command, process);
    this.#children.push(child);
    return child;
  }

  /** Starts `deno` inside. */
  spawnDeno(
    args: readonly string[],
    options: Pick<RunOptions, "cwd" | "env"> = {},
  ): NamespaceChild {
    return this.spawn(Deno.execPath(), args, options);
  }

  /**
   * Joins two namespaces by a cable: a veth pair, both ends up.
   *
   * @param name What both ends are called.
   */
  async joinTo(other: Namespace, name: string = "veth0"): Promise<void> {
    const peer = ["peer", "name", name, "netns", other.name];
    await this.run("ip", ["link", "add", name, "type", "veth", ...peer]);
    await this.run("ip", ["link", "set", name, "up"]);
    await other.run("ip", ["link", "set", name, "up"]);
  }

  /** Ends what still runs, the latest first, and removes the namespace. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      for (const child of this.#children.reverse()) await child.stop();
    } finally {
      await execute("ip", ["netns", "del", this.name], {});
    }
  }
}

async function execute(
  command: string,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  const process = new Deno.Command(command, {
    args: [...args],
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.env !== undefined && { env: options.env }),
  }).spawn();
  if (options.stdin !== undefined) {
    const input = process.stdin.getWriter();
    await input.write(new TextEncoder().encode(options.stdin));
    await input.close();
  }
  const { timeout = 60_000 } = options;
  const line = `${command} ${args.join(" ")}`;
  const late = Promise.withResolvers<never>();
  let hasEnded = false;
  process.status.then(() => hasEnded = true);
  const timer = setTimeout(() => {
    // It may have ended while something that it started still holds its output open.
    if (!hasEnded) process.kill("SIGKILL");
    late.reject(new Error(`Cannot run ${line} as it took over ${timeout} ms`));
  }, timeout);
  const output = await Promise.race([process.output(), late.promise])
    .finally(() => clearTimeout(timer));
  const decoder = new TextDecoder();
  const stdout = decoder.decode(output.stdout);
  const stderr = decoder.decode(output.stderr);
  if (output.code !== 0 && options.check !== false) {
    throw new Error(`Cannot run ${line} as it ended with ${output.code}\n${stdout}\n${stderr}`);
  }
  return { code: output.code, stdout, stderr };
}
