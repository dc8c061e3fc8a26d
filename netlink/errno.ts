/**
 * Linux's error numbers on x86-64 and aarch64 (`asm-generic/errno.h`), those that the system calls
 * Octet makes may give.
 *
 * @module
 */

/** Names to numbers. */
export const Errno = {
  /** Operation not permitted. */
  EPERM: 1,
  /** No such file or directory. */
  ENOENT: 2,
  /** No such process. */
  ESRCH: 3,
  /** Interrupted system call. */
  EINTR: 4,
  /** Input/output error. */
  EIO: 5,
  /** No such device or address. */
  ENXIO: 6,
  /** Argument list too long. */
  E2BIG: 7,
  /** Bad file descriptor. */
  EBADF: 9,
  /** Resource temporarily unavailable. */
  EAGAIN: 11,
  /** Cannot allocate memory. */
  ENOMEM: 12,
  /** Permission denied. */
  EACCES: 13,
  /** Bad address. */
  EFAULT: 14,
  /** Device or resource busy. */
  EBUSY: 16,
  /** File exists. */
  EEXIST: 17,
  /** No such device. */
  ENODEV: 19,
  /** Invalid argument. */
  EINVAL: 22,
  /** Too many open files in system. */
  ENFILE: 23,
  /** Too many open files. */
  EMFILE: 24,
  /** Inappropriate ioctl for device. */
  ENOTTY: 25,
  /** File too large. */
  EFBIG: 27,
  /** No space left on device. */
  ENOSPC: 28,
  /** Broken pipe. */
  EPIPE: 32,
  /** Numerical result out of range. */
  ERANGE: 34,
  /** File name too long. */
  ENAMETOOLONG: 36,
  /** Name not unique on network. */
  ENOTUNIQ: 76,
  /** File descriptor in bad state. */
  EBADFD: 77,
  /** Message too long. */
  EMSGSIZE: 90,
  /** Protocol wrong type for socket. */
  EPROTOTYPE: 91,
  /** Protocol not available. */
  ENOPROTOOPT: 92,
  /** Protocol not supported. */
  EPROTONOSUPPORT: 93,
  /** Operation not supported. */
  EOPNOTSUPP: 95,
  /** Address family not supported by protocol. */
  EAFNOSUPPORT: 97,
  /** Address already in use. */
  EADDRINUSE: 98,
  /** Cannot assign requested address. */
  EADDRNOTAVAIL: 99,
  /** Network is down. */
  ENETDOWN: 100,
  /** Network is unreachable. */
  ENETUNREACH: 101,
  /** Connection reset by peer. */
  ECONNRESET: 104,
  /** No buffer space available. */
  ENOBUFS: 105,
  /** Connection timed out. */
  ETIMEDOUT: 110,
  /** Connection refused. */
  ECONNREFUSED: 111,
  /** No route to host. */
  EHOSTUNREACH: 113,
} as const;

const texts: ReadonlyMap<number, readonly [name: string, text: string]> = new Map(
  [
    [Errno.EPERM, ["EPERM", "operation not permitted"]],
    [Errno.ENOENT, ["ENOENT", "no such file or directory"]],
    [Errno.ESRCH, ["ESRCH", "no such process"]],
    [Errno.EINTR, ["EINTR", "interrupted system call"]],
    [Errno.EIO, ["EIO", "input/output error"]],
    [Errno.ENXIO, ["ENXIO", "no such device or address"]],
    [Errno.E2BIG, ["E2BIG", "argument list too long"]],
    [Errno.EBADF, ["EBADF", "bad file descriptor"]],
    [Errno.EAGAIN, ["EAGAIN", "resource temporarily unavailable"]],
    [Errno.ENOMEM, ["ENOMEM", "cannot allocate memory"]],
    [Errno.EACCES, ["EACCES", "permission denied"]],
    [Errno.EFAULT, ["EFAULT", "bad address"]],
    [Errno.EBUSY, ["EBUSY", "device or resource busy"]],
    [Errno.EEXIST, ["EEXIST", "file exists"]],
    [Errno.ENODEV, ["ENODEV", "no such device"]],
    [Errno.EINVAL, ["EINVAL", "invalid argument"]],
    [Errno.ENFILE, ["ENFILE", "too many open files in system"]],
    [Errno.EMFILE, ["EMFILE", "too many open files"]],
    [Errno.ENOTTY, ["ENOTTY", "inappropriate ioctl for device"]],
    [Errno.EFBIG, ["EFBIG", "file too large"]],
    [Errno.ENOSPC, ["ENOSPC", "no space left on device"]],
    [Errno.EPIPE, ["EPIPE", "broken pipe"]],
    [Errno.ERANGE, ["ERANGE", "numerical result out of range"]],
    [Errno.ENAMETOOLONG, ["ENAMETOOLONG", "file name too long"]],
    [Errno.ENOTUNIQ, ["ENOTUNIQ", "name not unique on network"]],
    [Errno.EBADFD, ["EBADFD", "file descriptor in bad state"]],
    [Errno.EMSGSIZE, ["EMSGSIZE", "message too long"]],
    [Errno.EPROTOTYPE, ["EPROTOTYPE", "protocol wrong type for socket"]],
    [Errno.ENOPROTOOPT, ["ENOPROTOOPT", "protocol not available"]],
    [Errno.EPROTONOSUPPORT, ["EPROTONOSUPPORT", "protocol not supported"]],
    [Errno.EOPNOTSUPP, ["EOPNOTSUPP", "operation not supported"]],
    [Errno.EAFNOSUPPORT, ["EAFNOSUPPORT", "address family not supported by protocol"]],
    [Errno.EADDRINUSE, ["EADDRINUSE", "address already in use"]],
    [Errno.EADDRNOTAVAIL, ["EADDRNOTAVAIL", "cannot assign requested address"]],
    [Errno.ENETDOWN, ["ENETDOWN", "network is down"]],
    [Errno.ENETUNREACH, ["ENETUNREACH", "network is unreachable"]],
    [Errno.ECONNRESET, ["ECONNRESET", "connection reset by peer"]],
    [Errno.ENOBUFS, ["ENOBUFS", "no buffer space available"]],
    [Errno.ETIMEDOUT, ["ETIMEDOUT", "connection timed out"]],
    [Errno.ECONNREFUSED, ["ECONNREFUSED", "connection refused"]],
    [Errno.EHOSTUNREACH, ["EHOSTUNREACH", "no route to host"]],
  ] as const,
);

/**
 * The name of an error number.
 *
 * @example
 * ```ts
 * import { errnoName } from "@octet/netlink";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(errnoName(1), "EPERM");
 * assertEquals(errnoName(9999), "E9999");
 * ```
 *
 * @param errno A positive error number.
 * @returns Its name, or `E` and the number where Octet does not know it.
 */
export function errnoName(errno: number): string {
  return texts.get(errno)?.[0] ?? `E${errno}`;
}

/**
 * What an error number means, in the words of Linux's `strerror`, beginning in lower case.
 *
 * @param errno A positive error number.
 * @returns The words, or `error` and the number where Octet does not know it.
 */
export function errnoText(errno: number): string {
  return texts.get(errno)?.[1] ?? `error ${errno}`;
}
