/**
 * How the values of structured options lie on the wire.
 *
 * @module
 */
import { ipv4Mask } from "@octet/netip/ipv4-mask";
import { readU32 } from "@octet/wire";
import { readName, readNames, splitName, writeLabel, writeNames } from "./_domain_names.ts";
import {
  addresses,
  checkInteger,
  decodeText,
  encodeText,
  type OptionKind,
  pushBytes,
  pushU32,
} from "./_option_kinds.ts";
import type {
  ClasslessRoute,
  ClientFqdn,
  EnterpriseData,
  MachineIdentifier,
  NetworkInterface,
  PolicyFilter,
  SipServers,
  SixRapidDeployment,
  SlpDirectoryAgents,
  SlpServiceScope,
  StaticRoute,
  SubOption,
} from "./option_values.ts";

const fqdnServerUpdates = 0x01;
const fqdnOverridden = 0x02;
const fqdnEncoded = 0x04;
const fqdnNoUpdates = 0x08;

function checkData(data: Uint8Array, low: number, name: string): void {
  if (data.length < low || data.length > 255) {
    throw new RangeError(
      `Cannot encode DHCP option ${name} as a part of it has ${data.length} bytes, not ${low} to 255`,
    );
  }
}

function checkAddress(value: number, name: string): void {
  checkInteger(value, 0, 0xffff_ffff, name);
}

/** RFC 3442: prefix length, its significant bytes, router. */
export const classlessRoutes: OptionKind<ClasslessRoute[]> = {
  decode(bytes, offset, end) {
    const routes: ClasslessRoute[] = [];
    let at = offset;
    while (at < end) {
      const prefixLength = bytes[at++]!;
      if (prefixLength > 32) return null;
      const significant = (prefixLength + 7) >> 3;
      if (at + significant + 4 > end) return null;
      let destination = 0;
      for (let i = 0; i < significant; i++) destination |= bytes[at + i]! << (24 - 8 * i);
      at += significant;
      // "the bits beyond the mask MUST be set to zero" by who reads them (RFC 3442).
      destination = (destination & ipv4Mask(prefixLength)) >>> 0;
      routes.push({ destination, prefixLength, router: readU32(bytes, at) });
      at += 4;
    }
    return routes.length === 0 ? null : routes;
  },
  encode(routes, out, name) {
    if (routes.length === 0) {
      throw new RangeError(`Cannot encode DHCP option ${name} as it is empty`);
    }
    for (const { destination, prefixLength, router } of routes) {
      checkInteger(prefixLength, 0, 32, name);
      checkAddress(destination, name);
      checkAddress(router, name);
      const network = (destination & ipv4Mask(prefixLength)) >>> 0;
      out.push(prefixLength);
      for (let i = 0; i < (prefixLength + 7) >> 3; i++) out.push((network >>> (24 - 8 * i)) & 0xff);
      pushU32(router, out);
    }
  },
};

function pairs<T>(
  make: (first: number, second: number) => T,
  split: (value: T) => readonly [number, number],
): OptionKind<T[]> {
  return {
    decode(bytes, offset, end) {
      const numbers = addresses.decode(bytes, offset, end);
      if (numbers === null || numbers.length % 2 !== 0) return null;
      const values: T[] = [];
      for (let i = 0; i < numbers.length; i += 2) values.push(make(numbers[i]!, numbers[i + 1]!));
      return values;
    },
    encode(values, out, name) {
      addresses.encode(values.flatMap(split), out, name);
    },
  };
}

/** RFC 2132 §5.8. */
export const staticRoutes: OptionKind<StaticRoute[]> = pairs(
  (destination, router): StaticRoute => ({ destination, router }),
  (route) => [route.destination, route.router],
);

/** RFC 2132 §4.3. */
export const policyFilters: OptionKind<PolicyFilter[]> = pairs(
  (address, mask): PolicyFilter => ({ address, mask }),
  (filter) => [filter.address, filter.mask],
);

/** RFC 3397, RFC 4280, RFC 6011: names with compression. */
export const domains: OptionKind<string[]> = {
  decode: readNames,
  encode(names, out, name) {
    if (names.length === 0) {
      throw new RangeError(`Cannot encode DHCP option ${name} as it is empty`);
    }
    writeNames(names, out);
  },
};

/** RFC 5223, RFC 5986: one name without compression. */
export const domain: OptionKind<string> = {
  decode(bytes, offset, end) {
    const read = readName(bytes, offset, offset, end, false);
    return read === null || !read.isTerminated || read.next !== end || read.name === ""
      ? null
      : read.name;
  },
  encode(value, out) {
    for (const label of splitName(value)) writeLabel(label, out);
    out.push(0);
  },
};

/** RFC 4702 §2. */
export const clientFqdn: OptionKind<ClientFqdn> = {
  decode(bytes, offset, end) {
    if (end - offset < 3) return null;
    const flags = bytes[offset]!;
    const isWire = (flags & fqdnEncoded) !== 0;
    let name: string | null;
    if (isWire) {
      const read = readName(bytes, offset, offset + 3, end, false);
      if (read === null || read.next !== end) return null;
      name = read.isTerminated ? `${read.name}.` : read.name;
    } else {
      name = decodeText(bytes, offset + 3, end);
    }
    if (name === null) return null;
    return {
      serverUpdates: (flags & fqdnServerUpdates) !== 0,
      overridden: (flags & fqdnOverridden) !== 0,
      noUpdates: (flags & fqdnNoUpdates) !== 0,
      isWire,
      rcode1: bytes[offset + 1]!,
      rcode2: bytes[offset + 2]!,
      name,
    };
  },
  encode(value, out, name) {
    checkInteger(value.rcode1, 0, 0xff, name);
    checkInteger(value.rcode2, 0, 0xff, name);
    const flags = (value.serverUpdates ? fqdnServerUpdates : 0) |
      (value.overridden ? fqdnOverridden : 0) | (value.isWire ? fqdnEncoded : 0) |
      (value.noUpdates ? fqdnNoUpdates : 0);
    out.push(flags, value.rcode1, value.rcode2);
    if (!value.isWire) {
      pushBytes(encodeText(value.name, name), out);
      return;
    }
    const isTerminated = value.name.endsWith(".");
    const labels = isTerminated ? value.name.slice(0, -1) : value.name;
    if (labels !== "") { for (const label of splitName(labels)) writeLabel(label, out); }
    if (isTerminated) out.push(0);
  },
};

/** RFC 3361 §3: encoding 0 is names, encoding 1 is addresses. */
export const sipServers: OptionKind<SipServers> = {
  decode(bytes, offset, end) {
    if (end - offset < 2) return null;
    if (bytes[offset] === 0) {
      const names = readNames(bytes, offset + 1, end);
      return names === null ? null : { domains: names, addresses: [] };
    }
    if (bytes[offset] !== 1) return null;
    const values = addresses.decode(bytes, offset + 1, end);
    return values === null ? null : { domains: [], addresses: values };
  },
  encode(value, out, name) {
    if ((value.domains.length === 0) === (value.addresses.length === 0)) {
      throw new RangeError(
        `Cannot encode DHCP option ${name} as it must have either domains or addresses`,
      );
    }
    if (value.domains.length === 0) {
      out.push(1);
      addresses.encode([...value.addresses], out, name);
    } else {
      out.push(0);
      writeNames(value.domains, out);
    }
  },
};

/** RFC 3046 §2.0: code, length, data; there is neither Pad nor End. */
export const subOptions: OptionKind<SubOption[]> = {
  decode(bytes, offset, end) {
    const values: SubOption[] = [];
    let at = offset;
    while (at < end) {
      if (at + 2 > end) return null;
      const stop = at + 2 + bytes[at + 1]!;
      if (stop > end) return null;
      values.push({ code: bytes[at]!, data: bytes.slice(at + 2, stop) });
      at = stop;
    }
    return values.length === 0 ? null : values;
  },
  encode(values, out, name) {
    if (values.length === 0) {
      throw new RangeError(`Cannot encode DHCP option ${name} as it is empty`);
    }
    for (const { code, data } of values) {
      checkInteger(code, 0, 0xff, name);
      checkData(data, 0, name);
      out.push(code, data.length);
      pushBytes(data, out);
    }
  },
};

/** RFC 3004 §4: length, data, at least one byte each. */
export const userClasses: OptionKind<Uint8Array[]> = {
  decode(bytes, offset, end) {
    const values: Uint8Array[] = [];
    let at = offset;
    while (at < end) {
      const stop = at + 1 + bytes[at]!;
      if (stop > end || stop === at + 1) return null;
      values.push(bytes.slice(at + 1, stop));
      at = stop;
    }
    return values.length === 0 ? null : values;
  },
  encode(values, out, name) {
    if (values.length === 0) {
      throw new RangeError(`Cannot encode DHCP option ${name} as it is empty`);
    }
    for (const value of values) {
      checkData(value, 1, name);
      out.push(value.length);
      pushBytes(value, out);
    }
  },
};

/** RFC 4578 §2.2. */
export const networkInterface: OptionKind<NetworkInterface> = {
  decode(bytes, offset, end) {
    if (end - offset !== 3) return null;
    return { type: bytes[offset]!, major: bytes[offset + 1]!, minor: bytes[offset + 2]! };
  },
  encode({ type, major, minor }, out, name) {
    for (const value of [type, major, minor]) checkInteger(value, 0, 0xff, name);
    out.push(type, major, minor);
  },
};

/** RFC 4578 §2.3. */
export const machineIdentifier: OptionKind<MachineIdentifier> = {
  decode(bytes, offset, end) {
    if (end - offset < 2) return null;
    return { type: bytes[offset]!, identifier: bytes.slice(offset + 1, end) };
  },
  encode({ type, identifier }, out, name) {
    checkInteger(type, 0, 0xff, name);
    checkData(identifier, 1, name);
    out.push(type);
    pushBytes(identifier, out);
  },
};

/** RFC 3925 §3 and §4: enterprise number, length, data. */
export const enterpriseData: OptionKind<EnterpriseData[]> = {
  decode(bytes, offset, end) {
    const values: EnterpriseData[] = [];
    let at = offset;
    while (at < end) {
      if (at + 5 > end) return null;
      const stop = at + 5 + bytes[at + 4]!;
      if (stop > end) return null;
      values.push({ enterprise: readU32(bytes, at), data: bytes.slice(at + 5, stop) });
      at = stop;
    }
    return values.length === 0 ? null : values;
  },
  encode(values, out, name) {
    if (values.length === 0) {
      throw new RangeError(`Cannot encode DHCP option ${name} as it is empty`);
    }
    for (const { enterprise, data } of values) {
      checkInteger(enterprise, 0, 0xffff_ffff, name);
      checkData(data, 0, name);
      pushU32(enterprise, out);
      out.push(data.length);
      pushBytes(data, out);
    }
  },
};

/** RFC 2610 §3. */
export const slpDirectoryAgents: OptionKind<SlpDirectoryAgents> = {
  decode(bytes, offset, end) {
    const values = end > offset ? addresses.decode(bytes, offset + 1, end) : null;
    if (values === null || bytes[offset]! > 1) return null;
    return { isMandatory: bytes[offset] === 1, addresses: values };
  },
  encode(value, out, name) {
    out.push(value.isMandatory ? 1 : 0);
    addresses.encode([...value.addresses], out, name);
  },
};

/** RFC 2610 §4. */
export const slpServiceScope: OptionKind<SlpServiceScope> = {
  decode(bytes, offset, end) {
    if (end === offset || bytes[offset]! > 1) return null;
    const scopes = decodeText(bytes, offset + 1, end);
    return scopes === null ? null : { isMandatory: bytes[offset] === 1, scopes };
  },
  encode(value, out, name) {
    out.push(value.isMandatory ? 1 : 0);
    pushBytes(encodeText(value.scopes, name), out);
  },
};

/** RFC 5969 §7.1.1. */
export const sixRapidDeployment: OptionKind<SixRapidDeployment> = {
  decode(bytes, offset, end) {
    if (end - offset < 22 || bytes[offset]! > 32 || bytes[offset + 1]! > 128) return null;
    const borderRelays = addresses.decode(bytes, offset + 18, end);
    if (borderRelays === null) return null;
    return {
      ipv4MaskLength: bytes[offset]!,
      prefixLength: bytes[offset + 1]!,
      prefix: bytes.slice(offset + 2, offset + 18),
      borderRelays,
    };
  },
  encode(value, out, name) {
    checkInteger(value.ipv4MaskLength, 0, 32, name);
    checkInteger(value.prefixLength, 0, 128, name);
    if (value.prefix.length !== 16) {
      throw new RangeError(
        `Cannot encode DHCP option ${name} as its prefix has ${value.prefix.length} bytes, not 16`,
      );
    }
    out.push(value.ipv4MaskLength, value.prefixLength);
    pushBytes(value.prefix, out);
    addresses.encode([...value.borderRelays], out, name);
  },
};
