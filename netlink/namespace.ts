/**
 * Network namespaces: found by name, path, process or descriptor, and entered for as long as it takes to
 * open a socket in them.
 *
 * @module
 */
import { Errno } from "./errno.ts";
import { type Libc, systemError } from "./libc.ts";

/** The calls that namespaces need. */
export const namespaceFunctions = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  setns: { parameters: ["i32", "i32"], result: "i32" },
} as const;

/** A C library that has them. */
export type NamespaceLibc = Libc<typeof namespaceFunctions>;

/**
 * A network namespace: the name that `ip netns` gave it, a path when it holds a slash, the id of a process in it, or a
 * descriptor that refers to it.
 */
export type NamespaceReference =
  | string
  | {
    /** The process id. */
    readonly pid: number;
  }
  | {
    /** The descriptor; it stays open. */
    readonly descriptor: number;
  };

const readOnlyCloseOnExec = 0x8_0000;
const CLONE_NEWNET = 0x4000_0000;
const encoder = new TextEncoder();

/** What a namespace is called in messages. */
export function describeNamespace(namespace: NamespaceReference): string {
  if (typeof namespace === "string") return `network namespace ${namespace}`;
  if ("pid" in namespace) return `the network namespace of process ${namespace.pid}`;
  return `the network namespace of descriptor ${namespace.descriptor}`;
}

function pathOf(namespace: string | { readonly pid: number }): string {
  if (typeof namespace !== "string") return `/proc/${namespace.pid}/ns/net`;
  return namespace.includes("/") ? namespace : `/run/netns/${namespace}`;
}

function openPath(libc: NamespaceLibc, path: string): number {
  return libc.symbols.open(encoder.encode(`${path}\0`), readOnlyCloseOnExec);
}

/**
 * Calls `use` with a descriptor of a namespace, and closes the descriptor afterwards.
 *
 * @param libc The C library.
 * @param action What the errors begin with.
 * @param namespace The namespace.
 * @param use Called once, with the descriptor.
 * @throws {Deno.errors.NotFound} When there is no such namespace.
 */
export function withNamespace<T>(
  libc: NamespaceLibc,
  action: string,
  namespace: NamespaceReference,
  use: (descriptor: number) => T,
): T {
  if (typeof namespace !== "string" && "descriptor" in namespace) return use(namespace.descriptor);
  const descriptor = openPath(libc, pathOf(namespace));
  if (descriptor < 0) {
    const errno = libc.errno();
    throw systemError(
      action,
      errno,
      errno !== Errno.ENOENT
        ? undefined
        : typeof namespace === "string"
        ? `there is no network namespace ${namespace}`
        : `there is no process ${namespace.pid}`,
    );
  }
  try {
    return use(descriptor);
  } finally {
    libc.symbols.close(descriptor);
  }
}

function comeBack(libc: NamespaceLibc, action: string, here: number): void {
  if (libc.symbols.setns(here, CLONE_NEWNET) < 0) {
    throw systemError(`${action} and come back from its namespace`, libc.errno());
  }
}

/**
 * Runs `use` with this thread in another namespace, and comes back. What it opens there stays there.
 *
 * @param libc The C library.
 * @param action What the errors begin with.
 * @param namespace Where to go; this process's own when absent.
 * @param use Called once; it must not wait.
 * @throws {Deno.errors.PermissionDenied} Without `CAP_SYS_ADMIN`.
 */
export function insideNamespace<T>(
  libc: NamespaceLibc,
  action: string,
  namespace: NamespaceReference | undefined,
  use: () => T,
): T {
  if (namespace === undefined) return use();
  const { setns, close } = libc.symbols;
  return withNamespace(libc, action, namespace, (there) => {
    const here = openPath(libc, "/proc/thread-self/ns/net");
    if (here < 0) throw systemError(action, libc.errno());
    try {
      if (setns(there, CLONE_NEWNET) < 0) {
        const errno = libc.errno();
        throw systemError(
          action,
          errno,
          errno === Errno.EPERM
            ? `entering ${describeNamespace(namespace)} needs CAP_SYS_ADMIN: run as root`
            : errno === Errno.EINVAL
            ? `${describeNamespace(namespace)} is not one`
            : undefined,
        );
      }
      using _home = { [Symbol.dispose]: () => comeBack(libc, action, here) };
      return use();
    } finally {
      close(here);
    }
  });
}
