/**
 * What devices of the kernel have in common when things go wrong.
 *
 * @module
 */
import { Errno } from "@octet/netlink/errno";
import { systemError } from "@octet/netlink/libc";

/** The error of a device whose interface somebody has deleted while it was in use. */
export function deviceGone(name: string): Error & { code: string } {
  return systemError(`Cannot use ${name}`, Errno.EBADFD, "its interface has been deleted");
}
