/** Three places to reach: no byte, a first byte above 0x80, and three bytes or more. */
export function branches(input: Uint8Array): string {
  let found = "";
  if (input.length > 0 && input[0]! > 0x80) {
    found += "high";
  }
  if (input.length > 2) {
    found += "long";
  }
  return found;
}
