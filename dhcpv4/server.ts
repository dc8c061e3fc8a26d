/**
 * The DHCP server: RFC 2131 §4.3, with relay agents (RFC 3046), rapid commit (RFC 4039) and the
 * client identifier in answers (RFC 6842).
 *
 * @module
 */
import { BaseNode, type Packet, Verdict } from "@octet/wire";
import { clientKey, type LeaseRecord, LeaseTable } from "./_lease_table.ts";
import { makeReply, type Reply, writeReply } from "./_server_reply.ts";
import {
  findHost,
  identifierOverride,
  linkOf,
  makeSubnets,
  type Subnet,
} from "./_server_subnets.ts";
import { DhcpOp, Dhcpv4Frame, dhcpv4ServerPort } from "./frame.ts";
import { dhcpv4InfiniteLease } from "./lease.ts";
import { decodeMessage, type Dhcpv4Message } from "./message.ts";
import { DhcpMessageType } from "./option_code.ts";
import type { Dhcpv4Options } from "./option_types.ts";
import type {
  Dhcpv4Host,
  Dhcpv4LeaseChange,
  Dhcpv4ServerLease,
  Dhcpv4ServerOptions,
} from "./server_options.ts";

const udp = 17;
const largestQueue = 64;

/** What a message is about: who asks, from where. */
interface Asker {
  readonly message: Dhcpv4Message;
  readonly key: string;
  /** The server's identifier as this client sees it. */
  readonly identifier: number;
  readonly subnets: readonly Subnet[];
  readonly host: Dhcpv4Host | undefined;
}

/**
 * Gives addresses to clients on its link and behind relay agents. A client gets the same address
 * again as long as nobody else needed it.
 *
 * @example
 * ```ts
 * import { Dhcpv4Client, Dhcpv4Server } from "@octet/dhcpv4";
 * import { formatIpv4, MacAddress, parseIpv4 } from "@octet/netip";
 * import { Packet, SeededRandom } from "@octet/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const server = new Dhcpv4Server({
 *   address: parseIpv4("10.77.0.1"),
 *   pools: [{ first: parseIpv4("10.77.0.50"), last: parseIpv4("10.77.0.50"), prefixLength: 24 }],
 *   options: { routers: [parseIpv4("10.77.0.1")] },
 * });
 * const client = new Dhcpv4Client({
 *   hardwareAddress: MacAddress.parse("02:00:00:00:00:01"),
 *   random: new SeededRandom(1),
 * });
 * client.start(0);
 * const packet = new Packet(1514);
 * for (let i = 0; i < 2; i++) {
 *   assertEquals(server.demux(packet, 42, 42 + client.encapsulate(packet, 14, 42, 0), 0), 0);
 *   assertEquals(client.demux(packet, 42, 42 + server.encapsulate(packet, 14, 42, 0), 0), 0);
 * }
 * assertEquals(formatIpv4(client.lease?.address ?? 0), "10.77.0.50");
 * ```
 */
export class Dhcpv4Server extends BaseNode {
  readonly #settings: Dhcpv4ServerOptions;
  readonly #subnets: readonly Subnet[];
  readonly #hosts: readonly Dhcpv4Host[];
  readonly #table: LeaseTable;
  readonly #frame: Dhcpv4Frame = new Dhcpv4Frame();
  readonly #queue: Reply[] = [];
  readonly #mtu: number;

  /**
   * Makes a server that answers from the first message on.
   *
   * @param options What it is made of.
   * @throws {RangeError} When a range is not made of a subnet's hosts, or an option cannot be written.
   */
  constructor(options: Dhcpv4ServerOptions) {
    super();
    this.protocol = udp;
    this.localPort = dhcpv4ServerPort;
    this.#settings = options;
    this.#subnets = makeSubnets(options);
    this.#hosts = options.hosts ?? [];
    this.#mtu = options.mtu ?? 1500;
    const reserved = new Set([options.address, ...this.#hosts.map((host) => host.address)]);
    const ranges = this.#subnets.map((subnet) => subnet.range);
    this.#table = new LeaseTable(ranges, reserved, options.maximumLeases ?? 65_536);
  }

  /** How many clients the server remembers, those included whose lease has ended. */
  get clientCount(): number {
    return this.#table.size;
  }

  /**
   * The leases that hold now.
   *
   * @param now Milliseconds.
   * @returns Plain objects, for a table to show or a file to keep.
   */
  leases(now: number): Dhcpv4ServerLease[] {
    const leases: Dhcpv4ServerLease[] = [];
    for (const record of this.#table.records()) {
      if (record.status === "bound" && record.expiresAt > now) leases.push(describe(record, now));
    }
    return leases;
  }

  /**
   * Takes back what {@linkcode Dhcpv4Server.leases} gave, after a restart. Leases of addresses that
   * are not the server's to give any more, or are over, are passed by.
   *
   * @param leases The leases.
   * @param now Milliseconds.
   * @returns How many were taken.
   */
  importLeases(leases: Iterable<Dhcpv4ServerLease>, now: number): number {
    let taken = 0;
    for (const lease of leases) {
      const { address, clientIdentifier, hardwareType, hardwareAddress, hostName } = lease;
      const key = clientKey(clientIdentifier, hardwareType, hardwareAddress);
      const isHost = this.#hosts.some((host) => host.address === address);
      const ranges = this.#subnets.map((subnet) => subnet.range);
      const isOurs = isHost || this.#table.isAllocatable(address, ranges, key, now);
      if (!isOurs || !(lease.remainingSeconds > 0)) continue;
      this.#table.put({
        key,
        address,
        hardwareType,
        hardwareAddress: hardwareAddress.slice(),
        clientIdentifier: clientIdentifier?.slice() ?? null,
        hostName,
        status: "bound",
        expiresAt: now + lease.remainingSeconds * 1000,
      });
      taken++;
    }
    return taken;
  }

  /** Reads a message from a client or relay agent. See {@linkcode StackNode.demux}. */
  demux(packet: Packet, offset: number, end: number, now: number): Verdict {
    const frame = this.#frame.reset(packet.bytes, offset, end);
    const verdict = frame.validate();
    if (verdict !== Verdict.Ok) return verdict;
    if (frame.op !== DhcpOp.Request) return Verdict.NotForUs;
    if (this.#queue.length >= largestQueue) return Verdict.QueueFull;
    const message = decodeMessage(packet.bytes, offset, end);
    if (typeof message === "number") return message;
    const { messageType, clientIdentifier } = message.options;
    if (messageType === undefined) return Verdict.Unsupported;
    if (clientIdentifier === undefined && message.hardwareAddress.length === 0) {
      return Verdict.BadValue;
    }
    const link = linkOf(message, this.#settings.address);
    const subnets = this.#subnets.filter(({ prefix }) => prefix.contains(link));
    const asker: Asker = {
      message,
      key: clientKey(clientIdentifier ?? null, message.hardwareType, message.hardwareAddress),
      identifier: identifierOverride(message) || this.#settings.address,
      subnets,
      host: findHost(this.#hosts, message, subnets),
    };
    switch (messageType) {
      case DhcpMessageType.Discover:
        return this.#discover(asker, now);
      case DhcpMessageType.Request:
        return this.#request(asker, now);
      case DhcpMessageType.Decline:
        return this.#decline(asker, now);
      case DhcpMessageType.Release:
        return this.#release(asker, now);
      case DhcpMessageType.Inform:
        return this.#inform(asker);
      default:
        return Verdict.Unsupported;
    }
  }

  /** Writes the next answer. See {@linkcode StackNode.encapsulate}. */
  encapsulate(packet: Packet, _ipOffset: number, offset: number, _now: number): number {
    let length = 0;
    while (length === 0) {
      const reply = this.#queue.shift();
      if (reply === undefined) return 0;
      packet.source = this.#settings.address;
      packet.destination = reply.destination;
      packet.sourcePort = dhcpv4ServerPort;
      packet.destinationPort = reply.port;
      length = writeReply(reply, packet.bytes, offset);
    }
    return length;
  }

  #discover(asker: Asker, now: number): Verdict {
    const { message, key, subnets } = asker;
    if (subnets.length === 0) return Verdict.NoRoute;
    const isRapid = this.#settings.rapidCommit === true && message.options.rapidCommit === true;
    const address = this.#choose(asker, now);
    if (address === 0) return Verdict.QueueFull;
    const seconds = this.#leaseSeconds(asker, address);
    if (isRapid) {
      this.#bind(asker, address, seconds, now);
      this.#give(asker, DhcpMessageType.Ack, address, seconds, { rapidCommit: true });
      return Verdict.Ok;
    }
    const record = this.#table.find(key);
    const isKept = record !== undefined && record.address === address &&
      record.status === "bound" && record.expiresAt > now;
    if (!isKept) {
      const offerSeconds = this.#settings.offerSeconds ?? 60;
      this.#store(asker, address, "offered", now + offerSeconds * 1000);
      this.#tell(key, "offered", now);
    }
    this.#give(asker, DhcpMessageType.Offer, address, seconds, {});
    return Verdict.Ok;
  }

  /** RFC 2131 §4.3.2: which of the four kinds of DHCPREQUEST it is shows in what it holds. */
  #request(asker: Asker, now: number): Verdict {
    const { serverIdentifier, requestedAddress } = asker.message.options;
    const { ciaddr } = asker.message;
    const record = this.#table.find(asker.key);
    if (serverIdentifier !== undefined) {
      if (serverIdentifier !== asker.identifier) {
        // The client has taken another server's offer.
        if (record?.status === "offered") this.#table.free(record, now);
        return Verdict.NotForUs;
      }
      if (requestedAddress === undefined) return Verdict.BadOption;
      if (this.#isEntitled(asker, requestedAddress, now)) {
        return this.#confirm(asker, requestedAddress, now);
      }
      return this.#refuse(asker, "address not available");
    }
    const address = ciaddr !== 0 ? ciaddr : requestedAddress ?? 0;
    if (address === 0) return Verdict.BadOption;
    const isAuthoritative = this.#settings.authoritative === true;
    if (!asker.subnets.some(({ prefix }) => prefix.contains(address))) {
      if (asker.subnets.length === 0 && !isAuthoritative) return Verdict.NoRoute;
      return this.#refuse(asker, "wrong network");
    }
    const isKnown = asker.host !== undefined || record !== undefined;
    // RFC 2131 §4.3.2: a server that has no record of the client must remain silent.
    if (!isKnown && !isAuthoritative) return Verdict.Filtered;
    const isOther = record !== undefined && record.address !== address &&
      this.#table.isHeld(record, now);
    if (!isOther && this.#isEntitled(asker, address, now)) {
      return this.#confirm(asker, address, now);
    }
    return this.#refuse(asker, "address not available");
  }

  #decline(asker: Asker, now: number): Verdict {
    const { serverIdentifier, requestedAddress } = asker.message.options;
    if (serverIdentifier !== asker.identifier) return Verdict.NotForUs;
    const record = this.#table.find(asker.key);
    if (record === undefined || record.address !== requestedAddress) return Verdict.Unexpected;
    const lease = describe(record, now);
    this.#table.remove(record);
    this.#table.put({
      ...record,
      key: "",
      status: "declined",
      expiresAt: now + (this.#settings.declineSeconds ?? 600) * 1000,
    });
    this.#settings.onChange?.(lease, "declined");
    return Verdict.Ok;
  }

  #release(asker: Asker, now: number): Verdict {
    if (asker.message.options.serverIdentifier !== asker.identifier) return Verdict.NotForUs;
    const record = this.#table.find(asker.key);
    if (record === undefined || record.address !== asker.message.ciaddr) return Verdict.Unexpected;
    if (record.status === "free") return Verdict.Duplicate;
    this.#table.free(record, now);
    this.#settings.onChange?.(describe(record, now), "released");
    return Verdict.Ok;
  }

  /** RFC 2131 §4.3.5: no address and no lease time. */
  #inform(asker: Asker): Verdict {
    if (asker.message.ciaddr === 0) return Verdict.BadValue;
    if (asker.subnets.length === 0) return Verdict.NoRoute;
    this.#answer(asker, 0, { messageType: DhcpMessageType.Ack });
    return Verdict.Ok;
  }

  /** Its own address for a host, unless somebody else sits on it; one from a range otherwise. */
  #choose(asker: Asker, now: number): number {
    const { host, key, subnets, message } = asker;
    if (host !== undefined && this.#table.isAvailable(host.address, key, now)) return host.address;
    const ranges = subnets.map((subnet) => subnet.range);
    return this.#table.choose(key, ranges, message.options.requestedAddress ?? 0, now);
  }

  #isEntitled(asker: Asker, address: number, now: number): boolean {
    const { host, key, subnets } = asker;
    if (host !== undefined && this.#table.isAvailable(host.address, key, now)) {
      return host.address === address;
    }
    const ranges = subnets.map((subnet) => subnet.range);
    return this.#table.isAllocatable(address, ranges, key, now);
  }

  #leaseSeconds(asker: Asker, address: number): number {
    const { host, message } = asker;
    const pool = asker.subnets.find(({ range }) => range.contains(address)) ?? asker.subnets[0];
    const most = host?.leaseSeconds ?? pool?.pool.leaseSeconds ?? this.#settings.leaseSeconds ??
      3600;
    const asked = message.options.leaseTime;
    if (asked === undefined || asked >= most) return most;
    return Math.min(most, Math.max(asked, this.#settings.minimumLeaseSeconds ?? 60));
  }

  #store(asker: Asker, address: number, status: "offered" | "bound", expiresAt: number): void {
    const { options, hardwareAddress, hardwareType } = asker.message;
    const fqdn = options.clientFqdn?.name ?? "";
    this.#table.put({
      key: asker.key,
      address,
      hardwareType,
      hardwareAddress,
      clientIdentifier: options.clientIdentifier ?? null,
      hostName: asker.host?.hostName ?? cleanHostName(options.hostName ?? fqdn),
      status,
      expiresAt,
    });
  }

  #bind(asker: Asker, address: number, seconds: number, now: number): void {
    const former = this.#table.find(asker.key);
    const isRenewal = former?.status === "bound" && former.address === address &&
      former.expiresAt > now;
    const duration = seconds === dhcpv4InfiniteLease ? Infinity : seconds * 1000;
    this.#store(asker, address, "bound", now + duration);
    this.#tell(asker.key, isRenewal ? "renewed" : "bound", now);
  }

  #tell(key: string, change: Dhcpv4LeaseChange, now: number): void {
    const record = this.#table.find(key);
    if (record !== undefined) this.#settings.onChange?.(describe(record, now), change);
  }

  #confirm(asker: Asker, address: number, now: number): Verdict {
    const seconds = this.#leaseSeconds(asker, address);
    this.#bind(asker, address, seconds, now);
    this.#give(asker, DhcpMessageType.Ack, address, seconds, {});
    return Verdict.Ok;
  }

  #refuse(asker: Asker, message: string): Verdict {
    this.#push(asker, {
      yiaddr: 0,
      siaddr: 0,
      serverName: "",
      bootFile: "",
      options: {
        messageType: DhcpMessageType.Nak,
        serverIdentifier: asker.identifier,
        message,
      },
      available: {},
    });
    return Verdict.Ok;
  }

  #give(
    asker: Asker,
    messageType: number,
    address: number,
    seconds: number,
    more: Dhcpv4Options,
  ): void {
    const times: Dhcpv4Options = seconds === dhcpv4InfiniteLease ? {} : {
      renewalTime: Math.floor(seconds * 0.5),
      rebindingTime: Math.floor(seconds * 0.875),
    };
    this.#answer(asker, address, { messageType, leaseTime: seconds, ...times, ...more });
  }

  #answer(asker: Asker, yiaddr: number, always: Dhcpv4Options): void {
    const { host, subnets } = asker;
    const { nextServer, serverName, bootFile, options } = this.#settings;
    const subnet = subnets.find(({ range }) => range.contains(yiaddr)) ?? subnets[0]!;
    this.#push(asker, {
      yiaddr,
      siaddr: nextServer ?? 0,
      serverName: serverName ?? "",
      bootFile: bootFile ?? "",
      options: {
        ...always,
        serverIdentifier: asker.identifier,
        subnetMask: subnet.prefix.mask,
      },
      available: {
        broadcastAddress: subnet.prefix.broadcast,
        ...options,
        ...subnet.pool.options,
        ...(host?.hostName === undefined ? {} : { hostName: host.hostName }),
        ...host?.options,
      },
    });
  }

  #push(asker: Asker, content: Parameters<typeof makeReply>[1]): void {
    this.#queue.push(makeReply(asker.message, content, this.#mtu));
    this.requestTurn();
  }
}

function cleanHostName(text: string): string {
  return /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(text) ? text : "";
}

function describe(record: LeaseRecord, now: number): Dhcpv4ServerLease {
  return {
    address: record.address,
    hardwareType: record.hardwareType,
    hardwareAddress: record.hardwareAddress,
    clientIdentifier: record.clientIdentifier,
    hostName: record.hostName,
    remainingSeconds: Math.max(0, (record.expiresAt - now) / 1000),
  };
}
