/** The MDIO bus behind an interface, as far as there is a kernel but no PHY. */
import { openLinuxMdioBus } from "@octet/phy/linux";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { Namespace } from "./_namespace.ts";

Deno.test("An interface without a PHY, without the name, or without the right says so in one line", async () => {
  assertThrows(
    () => openLinuxMdioBus("lo"),
    Deno.errors.NotSupported,
    "Cannot open the MDIO bus of lo as its driver gives no access to a PHY (EOPNOTSUPP)",
  );
  assertThrows(() => openLinuxMdioBus("octet-none"), Deno.errors.NotFound, "no such device");
  assertThrows(() => openLinuxMdioBus("sixteencharacter"), RangeError, "at most 15 fit");
  await using namespace = await Namespace.create();
  const withoutRight = ["--bounding-set", "-net_admin", "--inh-caps", "-net_admin"];
  const script = `import { openLinuxMdioBus } from "@octet/phy/linux";
    try { openLinuxMdioBus("lo") } catch (error) { console.log(String(error)) }`;
  const denied = await namespace.run("setpriv", [
    ...[...withoutRight, Deno.execPath(), "run", "--allow-ffi", "--no-check", "-"],
  ], { stdin: script, cwd: new URL("..", import.meta.url).pathname });
  assertMatch(
    denied.stdout,
    /^PermissionDenied: Cannot open the MDIO bus of lo as this process lacks CAP_NET_ADMIN: run as root \(EPERM\)\n$/,
  );
  assertEquals(denied.stderr, "");
});
