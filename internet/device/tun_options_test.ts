import { assertThrows } from "@std/assert";
import { checkTunOptions, type TunOptions } from "./tun_options.ts";

Deno.test("Options that cannot be are refused before anything is opened", () => {
  const table: [options: TunOptions, kind: typeof RangeError | typeof TypeError, says: string][] = [
    [{ mtu: 67 }, RangeError, "an MTU of 67 is not from 68 to 65535"],
    [{ mtu: 1500.5 }, RangeError, "1500.5"],
    [{ fd: -1 }, RangeError, "file descriptor -1 is not from 0"],
    [{ fd: NaN }, RangeError, "file descriptor NaN"],
    [{ owner: -1 }, RangeError, "user id -1"],
    [{ owner: 0xffff_ffff }, RangeError, "user id 4294967295"],
    [{ group: 0.5 }, RangeError, "group id 0.5"],
    [{ create: false, createNew: true }, TypeError, '"createNew" does not go with "create: false"'],
    [{ fd: 3, name: "tap0" }, TypeError, '"name" does not go with "fd"'],
    [{ fd: 3, createNew: true }, TypeError, '"createNew" does not go with "fd"'],
    [{ fd: 3, multiQueue: true }, TypeError, '"multiQueue" does not go with "fd"'],
  ];
  for (const [options, kind, says] of table) {
    assertThrows(() => checkTunOptions("Cannot open it", options), kind, `Cannot open it as`);
    assertThrows(() => checkTunOptions("Cannot open it", options), kind, says);
  }
  for (const fine of [{}, { mtu: 68 }, { fd: 0, mode: "tun" }, { owner: 0, group: 1 }] as const) {
    checkTunOptions("Cannot open it", fine);
  }
});
