// What the IANA special-purpose address registries say of a block (RFC 6890 §2.2, RFC 8190 §2.1).

/**
 * One entry of an IANA special-purpose address registry.
 *
 * A flag is `undefined` where the registry says "N/A" or, for a block whose use has ended, nothing.
 */
export interface SpecialBlock<Prefix, Kind extends string> {
  /** The block of addresses. */
  readonly prefix: Prefix;
  /** What the block is for, in one word that code can compare. */
  readonly kind: Kind;
  /** The registry's name of the block. */
  readonly name: string;
  /** Where the block is specified, as in `RFC 1918`. */
  readonly specification: string;
  /** Whether the address may be a packet's source between interfaces. */
  readonly source: boolean | undefined;
  /** Whether the address may be a packet's destination between interfaces. */
  readonly destination: boolean | undefined;
  /** Whether a router may forward a packet to it from one interface to another. */
  readonly forwardable: boolean | undefined;
  /** Whether packets to it may leave an administrative domain (RFC 8190 §2.1). */
  readonly globallyReachable: boolean | undefined;
  /** Whether IP itself gives the block its meaning, so that every implementation must know it. */
  readonly reservedByProtocol: boolean | undefined;
}
