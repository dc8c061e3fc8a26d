/**
 * The options of a DHCP message as a plain object.
 *
 * @module
 */
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

/** An option whose value nobody here understands. */
export interface RawOption {
  /** The code, 1 to 254. */
  readonly code: number;
  /** The value. */
  readonly data: Uint8Array;
}

/**
 * Options with their values; the code stands in parentheses. Addresses are unsigned numbers in host
 * order. What is absent from the message is absent from the object.
 */
export interface Dhcpv4Options {
  /** The message type, one of {@linkcode DhcpMessageType} (53). */
  readonly messageType?: number;
  /** The server's address and name in one (54). */
  readonly serverIdentifier?: number;
  /** How long the address is lent, in seconds; 2^32 - 1 is for ever (51). */
  readonly leaseTime?: number;
  /** The address the client asks for (50). */
  readonly requestedAddress?: number;
  /** The subnet mask (1). */
  readonly subnetMask?: number;
  /** Offset from UTC in seconds, deprecated (2). */
  readonly timeOffset?: number;
  /** Routers in order of preference (3). */
  readonly routers?: readonly number[];
  /** RFC 868 time servers (4). */
  readonly timeServers?: readonly number[];
  /** IEN 116 name servers (5). */
  readonly nameServers?: readonly number[];
  /** DNS servers in order of preference (6). */
  readonly dnsServers?: readonly number[];
  /** MIT-LCS UDP log servers (7). */
  readonly logServers?: readonly number[];
  /** Cookie servers (8). */
  readonly cookieServers?: readonly number[];
  /** Line printer servers (9). */
  readonly lprServers?: readonly number[];
  /** Imagen Impress servers (10). */
  readonly impressServers?: readonly number[];
  /** Resource location servers (11). */
  readonly resourceLocationServers?: readonly number[];
  /** The client's host name, with or without a domain (12). */
  readonly hostName?: string;
  /** The boot file's size in blocks of 512 bytes (13). */
  readonly bootFileSize?: number;
  /** Where to dump core (14). */
  readonly meritDumpFile?: string;
  /** The domain to resolve names in (15). */
  readonly domainName?: string;
  /** The swap server (16). */
  readonly swapServer?: number;
  /** The root disk's path (17). */
  readonly rootPath?: string;
  /** A TFTP file with more options (18). */
  readonly extensionsPath?: string;
  /** Whether to forward datagrams (19). */
  readonly ipForwarding?: boolean;
  /** Whether to forward datagrams with non-local source routes (20). */
  readonly nonLocalSourceRouting?: boolean;
  /** Where source-routed datagrams may go (21). */
  readonly policyFilters?: readonly PolicyFilter[];
  /** The longest datagram to be ready to reassemble, in bytes (22). */
  readonly maximumReassemblySize?: number;
  /** Time to live of datagrams sent (23). */
  readonly defaultIpTtl?: number;
  /** When to forget a path MTU, in seconds (24). */
  readonly pathMtuAgingTimeout?: number;
  /** MTUs to try in path MTU discovery, ascending (25). */
  readonly pathMtuPlateaus?: readonly number[];
  /** The MTU to use, in bytes, at least 68 (26). */
  readonly interfaceMtu?: number;
  /** Whether all subnets have this one's MTU (27). */
  readonly allSubnetsAreLocal?: boolean;
  /** The subnet's broadcast address (28). */
  readonly broadcastAddress?: number;
  /** Whether to ask for the mask by ICMP (29). */
  readonly performMaskDiscovery?: boolean;
  /** Whether to answer mask requests by ICMP (30). */
  readonly maskSupplier?: boolean;
  /** Whether to look for routers by ICMP (31). */
  readonly performRouterDiscovery?: boolean;
  /** Where to send router solicitations (32). */
  readonly routerSolicitationAddress?: number;
  /** Static routes, superseded by classless ones (33). */
  readonly staticRoutes?: readonly StaticRoute[];
  /** Whether to negotiate trailers (34). */
  readonly trailerEncapsulation?: boolean;
  /** When to forget neighbours, in seconds (35). */
  readonly arpCacheTimeout?: number;
  /** Whether to use IEEE 802.3 rather than Ethernet II (36). */
  readonly ethernetEncapsulation?: boolean;
  /** Time to live of TCP segments (37). */
  readonly tcpDefaultTtl?: number;
  /** TCP keepalive interval in seconds, 0 for none (38). */
  readonly tcpKeepaliveInterval?: number;
  /** Whether keepalives carry a byte of garbage (39). */
  readonly tcpKeepaliveGarbage?: boolean;
  /** The NIS domain (40). */
  readonly nisDomain?: string;
  /** NIS servers (41). */
  readonly nisServers?: readonly number[];
  /** NTP servers in order of preference (42). */
  readonly ntpServers?: readonly number[];
  /** What the vendor class defines; often {@linkcode SubOption}s (43). */
  readonly vendorSpecific?: Uint8Array;
  /** NetBIOS name servers (44). */
  readonly netbiosNameServers?: readonly number[];
  /** NetBIOS datagram distribution servers (45). */
  readonly netbiosDatagramServers?: readonly number[];
  /** NetBIOS node type: 1 B, 2 P, 4 M, 8 H (46). */
  readonly netbiosNodeType?: number;
  /** NetBIOS scope (47). */
  readonly netbiosScope?: string;
  /** X font servers (48). */
  readonly xFontServers?: readonly number[];
  /** X display managers (49). */
  readonly xDisplayManagers?: readonly number[];
  /** The options the client asks for, dearest first (55). */
  readonly parameterRequestList?: readonly number[];
  /** Why, for people to read (56). */
  readonly message?: string;
  /** The longest datagram the client takes, in bytes, IP and UDP headers included, at least 576 (57). */
  readonly maximumMessageSize?: number;
  /** T1 in seconds (58). */
  readonly renewalTime?: number;
  /** T2 in seconds (59). */
  readonly rebindingTime?: number;
  /** What kind of client this is (60). */
  readonly vendorClass?: string;
  /** The client's identifier, see {@linkcode parseClientIdentifier} (61). */
  readonly clientIdentifier?: Uint8Array;
  /** NetWare/IP domain (62). */
  readonly netwareDomain?: string;
  /** NetWare/IP sub-options (63). */
  readonly netwareInformation?: Uint8Array;
  /** The NIS+ domain (64). */
  readonly nisPlusDomain?: string;
  /** NIS+ servers (65). */
  readonly nisPlusServers?: readonly number[];
  /** The TFTP server, when the sname field holds options (66). */
  readonly tftpServerName?: string;
  /** The boot file, when the file field holds options (67). */
  readonly bootFileName?: string;
  /** Mobile IP home agents, possibly none (68). */
  readonly mobileIpHomeAgents?: readonly number[];
  /** SMTP servers (69). */
  readonly smtpServers?: readonly number[];
  /** POP3 servers (70). */
  readonly pop3Servers?: readonly number[];
  /** NNTP servers (71). */
  readonly nntpServers?: readonly number[];
  /** WWW servers (72). */
  readonly wwwServers?: readonly number[];
  /** Finger servers (73). */
  readonly fingerServers?: readonly number[];
  /** IRC servers (74). */
  readonly ircServers?: readonly number[];
  /** StreetTalk servers (75). */
  readonly streetTalkServers?: readonly number[];
  /** StreetTalk directory assistance servers (76). */
  readonly streetTalkDirectoryServers?: readonly number[];
  /** Which classes the user belongs to (77). */
  readonly userClasses?: readonly Uint8Array[];
  /** SLP directory agents (78). */
  readonly slpDirectoryAgents?: SlpDirectoryAgents;
  /** SLP scopes (79). */
  readonly slpServiceScope?: SlpServiceScope;
  /** Two messages instead of four (80). */
  readonly rapidCommit?: true;
  /** The client's full name and who updates DNS (81). */
  readonly clientFqdn?: ClientFqdn;
  /** iSNS servers and flags (83). */
  readonly isns?: Uint8Array;
  /** NDS servers (85). */
  readonly ndsServers?: readonly number[];
  /** NDS tree (86). */
  readonly ndsTreeName?: string;
  /** NDS context (87). */
  readonly ndsContext?: string;
  /** BCMCS controllers by name (88). */
  readonly bcmcsDomains?: readonly string[];
  /** BCMCS controllers by address (89). */
  readonly bcmcsAddresses?: readonly number[];
  /** Authentication (90). */
  readonly authentication?: Uint8Array;
  /** Seconds since the client was last heard (91). */
  readonly clientLastTransactionTime?: number;
  /** All addresses of the client (92). */
  readonly associatedAddresses?: readonly number[];
  /** Boot architectures the client can do (93). */
  readonly clientArchitectures?: readonly number[];
  /** The boot ROM's interface (94). */
  readonly clientNetworkInterface?: NetworkInterface;
  /** LDAP URL (95). */
  readonly ldapServer?: string;
  /** The machine's UUID (97). */
  readonly clientMachineIdentifier?: MachineIdentifier;
  /** URLs of user authentication servers, separated by spaces (98). */
  readonly userAuthentication?: string;
  /** Civic location (99). */
  readonly civicLocation?: Uint8Array;
  /** Time zone as `EST5EDT4,M3.2.0/02:00,M11.1.0/02:00` (100). */
  readonly posixTimezone?: string;
  /** Time zone as `Europe/Zurich` (101). */
  readonly tzdbTimezone?: string;
  /** How long to do without IPv4, in seconds (108). */
  readonly ipv6OnlyPreferred?: number;
  /** NetInfo parents (112). */
  readonly netinfoAddresses?: readonly number[];
  /** NetInfo tag (113). */
  readonly netinfoTag?: string;
  /** URI of the captive portal's API (114). */
  readonly captivePortal?: string;
  /** Whether to choose a link-local address: 0 no, 1 yes (116). */
  readonly autoConfigure?: number;
  /** Name services in order, by their option codes (117). */
  readonly nameServiceSearch?: readonly number[];
  /** The subnet to choose an address from (118). */
  readonly subnetSelection?: number;
  /** Domains to search names in, in order (119). */
  readonly domainSearch?: readonly string[];
  /** SIP servers (120). */
  readonly sipServers?: SipServers;
  /** Routes; where given, routers and static routes are void (121). */
  readonly classlessRoutes?: readonly ClasslessRoute[];
  /** CableLabs sub-options (122). */
  readonly cablelabsClientConfiguration?: Uint8Array;
  /** Coordinates (123). */
  readonly geoConf?: Uint8Array;
  /** What kind of client this is, by enterprise (124). */
  readonly vendorIdentifyingClasses?: readonly EnterpriseData[];
  /** Vendor-specific sub-options by enterprise (125). */
  readonly vendorIdentifyingInformation?: readonly EnterpriseData[];
  /** PANA agents (136). */
  readonly panaAgents?: readonly number[];
  /** LoST server (137). */
  readonly lostServer?: string;
  /** CAPWAP access controllers (138). */
  readonly capwapAccessControllers?: readonly number[];
  /** SIP configuration service domains (141). */
  readonly sipUaConfigurationDomains?: readonly string[];
  /** Bootstrap server list (143). */
  readonly sztpRedirect?: Uint8Array;
  /** Coordinates with uncertainty (144). */
  readonly geoLocation?: Uint8Array;
  /** Algorithms for FORCERENEW (145). */
  readonly forcerenewNonceAlgorithms?: readonly number[];
  /** TFTP servers by address (150). */
  readonly tftpServerAddresses?: readonly number[];
  /** Server's time in seconds since 1970 (152). */
  readonly baseTime?: number;
  /** Seconds the address has been in its state (153). */
  readonly startTimeOfState?: number;
  /** Since when (154). */
  readonly queryStartTime?: number;
  /** Until when (155). */
  readonly queryEndTime?: number;
  /** State of the address (156). */
  readonly dhcpState?: number;
  /** Where the information comes from (157). */
  readonly dataSource?: number;
  /** URL of the manufacturer usage description (161). */
  readonly mudUrl?: string;
  /** Encrypted DNS resolvers (162). */
  readonly discoveryOfNetworkResolvers?: Uint8Array;
  /** iPXE's encapsulated options (175). */
  readonly etherboot?: Uint8Array;
  /** F1:00:74:7E (208). */
  readonly pxelinuxMagic?: Uint8Array;
  /** PXELINUX configuration file (209). */
  readonly pxelinuxConfigurationFile?: string;
  /** PXELINUX path prefix (210). */
  readonly pxelinuxPathPrefix?: string;
  /** Seconds until PXELINUX reboots (211). */
  readonly pxelinuxRebootTime?: number;
  /** 6rd parameters (212). */
  readonly sixRapidDeployment?: SixRapidDeployment;
  /** Access network domain (213). */
  readonly accessDomain?: string;
  /** As classless routes, under Microsoft's code (249). */
  readonly microsoftClasslessRoutes?: readonly ClasslessRoute[];
  /** URL of the proxy configuration (252). */
  readonly webProxyAutoDiscovery?: string;
  /** What the relay agent knows; stands last in a message (82). */
  readonly relayAgentInformation?: readonly SubOption[];
  /** Options without a property of their own, and those whose value is malformed; a decoded message has them in ascending order. */
  readonly other?: readonly RawOption[];
}
