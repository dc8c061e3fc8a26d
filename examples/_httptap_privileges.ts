/**
 * Giving up root when all that wants it is open (setuid(2), getpwnam(3)).
 *
 * @module
 */
import { openLibc, systemError } from "@octet/netlink/libc";

const functions = {
  getpwnam: { parameters: ["buffer"], result: "pointer" },
  setgroups: { parameters: ["usize", "pointer"], result: "i32" },
  setgid: { parameters: ["u32"], result: "i32" },
  setuid: { parameters: ["u32"], result: "i32" },
  getuid: { parameters: [], result: "u32" },
} as const;

/** Where `struct passwd` of 64-bit Linux has the two numbers, behind two pointers. */
const uidOffset = 16;
const gidOffset = 20;

/** Whether this process runs as root. */
export function isRoot(): boolean {
  const libc = openLibc(functions, "ask who runs this program");
  try {
    return libc.symbols.getuid() === 0;
  } finally {
    libc.close();
  }
}

/**
 * Becomes another user for good, with that user's group and no others. What is open stays open. glibc and musl do it
 * for all threads of the process.
 *
 * @param user The user's name.
 * @throws {Error} When there is no such user, or the kernel refuses; then the process is not to go on.
 */
export function becomeUser(user: string): void {
  const action = `Cannot go on as user ${user}`;
  const libc = openLibc(functions, `become user ${user}`);
  try {
    const { getpwnam, setgroups, setgid, setuid } = libc.symbols;
    const entry = getpwnam(new TextEncoder().encode(`${user}\0`));
    if (entry === null) {
      throw new Error(`${action} as there is no such user: name another with --user`);
    }
    const view = new Deno.UnsafePointerView(entry);
    const [uid, gid] = [view.getUint32(uidOffset), view.getUint32(gidOffset)];
    if (setgroups(0n, null) < 0 || setgid(gid) < 0 || setuid(uid) < 0) {
      throw systemError(action, libc.errno());
    }
    if (uid !== 0 && setuid(0) === 0) {
      throw new Error(`${action} as the kernel lets this process become root again`);
    }
  } finally {
    libc.close();
  }
}
