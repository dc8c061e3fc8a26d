/**
 * The way into the C library: what Octet's Linux devices call through FFI, and the errors that come
 * of it. `--allow-ffi` is the only permission it needs.
 *
 * @example
 * ```ts ignore
 * import { openLibc, readErrno } from "@octet/netlink/libc";
 *
 * const libc = openLibc({ close: { parameters: ["i32"], result: "i32" } }, "close a file");
 * if (libc.symbols.close(-1) < 0) console.log(libc.errno()); // 9
 * libc.close();
 * ```
 *
 * @module
 */
import { Errno, errnoName, errnoText } from "./errno.ts";

/** The C library with some of its functions. */
export interface Libc<S extends Deno.ForeignLibraryInterface> {
  /** The functions asked for. */
  readonly symbols: Deno.StaticForeignLibraryInterface<S>;
  /**
   * The error number of the last call that failed. Reads the thread's `errno` in place, so nothing runs between
   * the call and the look at it.
   */
  errno(): number;
  /** Gives the library back; its functions must not be called afterwards. */
  close(): void;
}

/** glibc by its name, then musl by the names it goes by. */
function libraryNames(): string[] {
  const musl = Deno.build.arch === "aarch64" ? "aarch64" : "x86_64";
  return ["libc.so.6", `libc.musl-${musl}.so.1`, "libc.so"];
}

/**
 * Opens the C library.
 *
 * @param symbols The functions wanted.
 * @param purpose What for, as in `open a TAP device`; the errors begin with it.
 * @returns The library.
 * @throws {Deno.errors.NotSupported} On anything but Linux on x86-64 or aarch64.
 * @throws {Deno.errors.NotCapable} Without `--allow-ffi`.
 * @throws {Deno.errors.NotFound} When there is no C library to be found.
 */
export function openLibc<const S extends Deno.ForeignLibraryInterface>(
  symbols: S,
  purpose: string,
): Libc<S> {
  if (typeof Deno === "undefined") {
    throw new Error(`Cannot ${purpose} as this runtime is not Deno`);
  }
  if (Deno.build.os !== "linux") {
    throw new Deno.errors.NotSupported(
      `Cannot ${purpose} as it needs Linux and this is ${Deno.build.os}`,
    );
  }
  const all = { ...symbols, __errno_location: { parameters: [], result: "pointer" } } as const;
  let cause: unknown;
  for (const name of libraryNames()) {
    try {
      const library = Deno.dlopen(name, all);
      const location = library.symbols as unknown as { __errno_location(): Deno.PointerObject };
      const errno = new Int32Array(
        Deno.UnsafePointerView.getArrayBuffer(location.__errno_location(), 4),
      );
      return {
        symbols: library.symbols as unknown as Deno.StaticForeignLibraryInterface<S>,
        errno: () => errno[0]!,
        close: () => library.close(),
      };
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) {
        throw new Deno.errors.NotCapable(
          `Cannot ${purpose} as this program may not use FFI: run it with --allow-ffi`,
          { cause: error },
        );
      }
      cause ??= error;
    }
  }
  throw new Deno.errors.NotFound(
    `Cannot ${purpose} as no C library was found (tried ${libraryNames().join(", ")})`,
    { cause },
  );
}

type ErrorClass = new (message: string) => Error;

function errorClass(errno: number): ErrorClass {
  switch (errno) {
    case Errno.EPERM:
    case Errno.EACCES:
      return Deno.errors.PermissionDenied;
    case Errno.ENOENT:
    case Errno.ENODEV:
    case Errno.ENXIO:
    case Errno.ESRCH:
      return Deno.errors.NotFound;
    case Errno.EEXIST:
      return Deno.errors.AlreadyExists;
    case Errno.EBUSY:
      return Deno.errors.Busy;
    case Errno.ECONNREFUSED:
      return Deno.errors.ConnectionRefused;
    case Errno.ECONNRESET:
      return Deno.errors.ConnectionReset;
    case Errno.EPIPE:
      return Deno.errors.BrokenPipe;
    case Errno.EADDRINUSE:
      return Deno.errors.AddrInUse;
    case Errno.EADDRNOTAVAIL:
      return Deno.errors.AddrNotAvailable;
    case Errno.EBADF:
    case Errno.EBADFD:
      return Deno.errors.BadResource;
    case Errno.EOPNOTSUPP:
    case Errno.EAFNOSUPPORT:
    case Errno.EPROTONOSUPPORT:
      return Deno.errors.NotSupported;
    case Errno.ETIMEDOUT:
      return Deno.errors.TimedOut;
    case Errno.ENETUNREACH:
      return Deno.errors.NetworkUnreachable;
    default:
      return Error;
  }
}

/**
 * Makes the error that a failed system call is reported by: one line, of the class of `Deno.errors` that fits, with
 * the error's name as `code`.
 *
 * @param action What failed, as in `Cannot bring up tap0`.
 * @param errno The error number.
 * @param state What the message says instead of the number's own words.
 * @returns The error, to be thrown.
 */
export function systemError(
  action: string,
  errno: number,
  state: string = errnoText(errno),
): Error & { code: string } {
  const name = errnoName(errno);
  const error = new (errorClass(errno))(`${action} as ${state} (${name})`);
  return Object.assign(error, { code: name });
}
