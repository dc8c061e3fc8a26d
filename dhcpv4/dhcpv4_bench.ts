import { bench } from "@octet/testing/bench";
import { Verdict } from "@octet/wire";
import { Dhcpv4Frame } from "./frame.ts";
import { decodeMessage, encodeMessage } from "./message.ts";
import { Dhcpv4OptionCursor } from "./options.ts";
import captured from "./testdata/networkd_dnsmasq.json" with { type: "json" };

const bytes = Uint8Array.from(captured.ack.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const frame = new Dhcpv4Frame();
const cursor = new Dhcpv4OptionCursor();
const message = decodeMessage(bytes);
let sum = 0;

bench("DHCPACK: header and options walked in place", () => {
  frame.reset(bytes, 0, bytes.length);
  if (frame.validate() !== Verdict.Ok) throw new Error("Not a message");
  cursor.resetFrame(frame);
  sum += frame.yiaddr;
  while (cursor.next()) sum += cursor.code + cursor.length;
}, { group: "dhcpv4" });

bench("DHCPACK: decodeMessage", () => {
  if (typeof decodeMessage(bytes) === "number") throw new Error("Not a message");
}, { group: "dhcpv4" });

bench("DHCPACK: encodeMessage", () => {
  if (typeof message === "object") sum += encodeMessage(message).length;
}, { group: "dhcpv4" });

if (sum < 0) throw new Error("The sum is there to keep the work from being dropped");
