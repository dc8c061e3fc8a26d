/**
 * The numbers of DHCP: option codes, message types, sub-option codes.
 *
 * @module
 */

/** Option codes: all of RFC 2132, and those later documents assign (IANA "BOOTP Vendor Extensions and DHCP Options"). */
export const DhcpOption = {
  /** Padding, one byte without a length (RFC 2132 §3.1). */
  Pad: 0,
  /** Subnet mask (RFC 2132 §3.3). */
  SubnetMask: 1,
  /** Offset from UTC in seconds, deprecated (RFC 2132 §3.4). */
  TimeOffset: 2,
  /** Routers (RFC 2132 §3.5). */
  Router: 3,
  /** RFC 868 time servers (RFC 2132 §3.6). */
  TimeServer: 4,
  /** IEN 116 name servers (RFC 2132 §3.7). */
  NameServer: 5,
  /** DNS servers (RFC 2132 §3.8). */
  DomainNameServer: 6,
  /** Log servers (RFC 2132 §3.9). */
  LogServer: 7,
  /** Cookie servers (RFC 2132 §3.10). */
  CookieServer: 8,
  /** LPR servers (RFC 2132 §3.11). */
  LprServer: 9,
  /** Impress servers (RFC 2132 §3.12). */
  ImpressServer: 10,
  /** Resource location servers (RFC 2132 §3.13). */
  ResourceLocationServer: 11,
  /** Host name (RFC 2132 §3.14). */
  HostName: 12,
  /** Boot file size in 512-byte blocks (RFC 2132 §3.15). */
  BootFileSize: 13,
  /** Merit dump file (RFC 2132 §3.16). */
  MeritDumpFile: 14,
  /** Domain name (RFC 2132 §3.17). */
  DomainName: 15,
  /** Swap server (RFC 2132 §3.18). */
  SwapServer: 16,
  /** Root path (RFC 2132 §3.19). */
  RootPath: 17,
  /** Extensions path (RFC 2132 §3.20). */
  ExtensionsPath: 18,
  /** IP forwarding (RFC 2132 §4.1). */
  IpForwarding: 19,
  /** Non-local source routing (RFC 2132 §4.2). */
  NonLocalSourceRouting: 20,
  /** Policy filter (RFC 2132 §4.3). */
  PolicyFilter: 21,
  /** Maximum datagram reassembly size (RFC 2132 §4.4). */
  MaximumReassemblySize: 22,
  /** Default IP time to live (RFC 2132 §4.5). */
  DefaultIpTtl: 23,
  /** Path MTU ageing timeout (RFC 2132 §4.6). */
  PathMtuAgingTimeout: 24,
  /** Path MTU plateau table (RFC 2132 §4.7). */
  PathMtuPlateauTable: 25,
  /** Interface MTU (RFC 2132 §5.1). */
  InterfaceMtu: 26,
  /** All subnets are local (RFC 2132 §5.2). */
  AllSubnetsAreLocal: 27,
  /** Broadcast address (RFC 2132 §5.3). */
  BroadcastAddress: 28,
  /** Perform mask discovery (RFC 2132 §5.4). */
  PerformMaskDiscovery: 29,
  /** Mask supplier (RFC 2132 §5.5). */
  MaskSupplier: 30,
  /** Perform router discovery (RFC 2132 §5.6). */
  PerformRouterDiscovery: 31,
  /** Router solicitation address (RFC 2132 §5.7). */
  RouterSolicitationAddress: 32,
  /** Static routes to hosts, classful (RFC 2132 §5.8). */
  StaticRoute: 33,
  /** Trailer encapsulation (RFC 2132 §6.1). */
  TrailerEncapsulation: 34,
  /** ARP cache timeout (RFC 2132 §6.2). */
  ArpCacheTimeout: 35,
  /** Ethernet encapsulation (RFC 2132 §6.3). */
  EthernetEncapsulation: 36,
  /** TCP default time to live (RFC 2132 §7.1). */
  TcpDefaultTtl: 37,
  /** TCP keepalive interval (RFC 2132 §7.2). */
  TcpKeepaliveInterval: 38,
  /** TCP keepalive garbage (RFC 2132 §7.3). */
  TcpKeepaliveGarbage: 39,
  /** NIS domain (RFC 2132 §8.1). */
  NisDomain: 40,
  /** NIS servers (RFC 2132 §8.2). */
  NisServers: 41,
  /** NTP servers (RFC 2132 §8.3). */
  NtpServers: 42,
  /** Vendor specific information (RFC 2132 §8.4). */
  VendorSpecific: 43,
  /** NetBIOS name servers (RFC 2132 §8.5). */
  NetbiosNameServer: 44,
  /** NetBIOS datagram distribution servers (RFC 2132 §8.6). */
  NetbiosDatagramDistribution: 45,
  /** NetBIOS node type (RFC 2132 §8.7). */
  NetbiosNodeType: 46,
  /** NetBIOS scope (RFC 2132 §8.8). */
  NetbiosScope: 47,
  /** X Window System font servers (RFC 2132 §8.9). */
  XFontServer: 48,
  /** X Window System display managers (RFC 2132 §8.10). */
  XDisplayManager: 49,
  /** Requested IP address (RFC 2132 §9.1). */
  RequestedAddress: 50,
  /** Address lease time (RFC 2132 §9.2). */
  LeaseTime: 51,
  /** Option overload (RFC 2132 §9.3). */
  Overload: 52,
  /** DHCP message type (RFC 2132 §9.6). */
  MessageType: 53,
  /** Server identifier (RFC 2132 §9.7). */
  ServerIdentifier: 54,
  /** Parameter request list (RFC 2132 §9.8). */
  ParameterRequestList: 55,
  /** Message, why a NAK or DECLINE was sent (RFC 2132 §9.9). */
  Message: 56,
  /** Maximum DHCP message size (RFC 2132 §9.10). */
  MaximumMessageSize: 57,
  /** Renewal time T1 (RFC 2132 §9.11). */
  RenewalTime: 58,
  /** Rebinding time T2 (RFC 2132 §9.12). */
  RebindingTime: 59,
  /** Vendor class identifier (RFC 2132 §9.13). */
  VendorClass: 60,
  /** Client identifier (RFC 2132 §9.14, RFC 4361). */
  ClientIdentifier: 61,
  /** NetWare/IP domain name (RFC 2242). */
  NetwareDomain: 62,
  /** NetWare/IP information (RFC 2242). */
  NetwareInformation: 63,
  /** NIS+ domain (RFC 2132 §8.11). */
  NisPlusDomain: 64,
  /** NIS+ servers (RFC 2132 §8.12). */
  NisPlusServers: 65,
  /** TFTP server name (RFC 2132 §9.4). */
  TftpServerName: 66,
  /** Boot file name (RFC 2132 §9.5). */
  BootFileName: 67,
  /** Mobile IP home agents (RFC 2132 §8.13). */
  MobileIpHomeAgent: 68,
  /** SMTP servers (RFC 2132 §8.14). */
  SmtpServer: 69,
  /** POP3 servers (RFC 2132 §8.15). */
  Pop3Server: 70,
  /** NNTP servers (RFC 2132 §8.16). */
  NntpServer: 71,
  /** WWW servers (RFC 2132 §8.17). */
  WwwServer: 72,
  /** Finger servers (RFC 2132 §8.18). */
  FingerServer: 73,
  /** IRC servers (RFC 2132 §8.19). */
  IrcServer: 74,
  /** StreetTalk servers (RFC 2132 §8.20). */
  StreetTalkServer: 75,
  /** StreetTalk directory assistance servers (RFC 2132 §8.21). */
  StreetTalkDirectoryAssistance: 76,
  /** User class (RFC 3004). */
  UserClass: 77,
  /** SLP directory agents (RFC 2610). */
  SlpDirectoryAgent: 78,
  /** SLP service scope (RFC 2610). */
  SlpServiceScope: 79,
  /** Rapid commit (RFC 4039). */
  RapidCommit: 80,
  /** Client FQDN (RFC 4702). */
  ClientFqdn: 81,
  /** Relay agent information (RFC 3046). */
  RelayAgentInformation: 82,
  /** iSNS (RFC 4174). */
  Isns: 83,
  /** NDS servers (RFC 2241). */
  NdsServers: 85,
  /** NDS tree name (RFC 2241). */
  NdsTreeName: 86,
  /** NDS context (RFC 2241). */
  NdsContext: 87,
  /** BCMCS controller domain names (RFC 4280). */
  BcmcsDomainNames: 88,
  /** BCMCS controller addresses (RFC 4280). */
  BcmcsAddresses: 89,
  /** Authentication (RFC 3118). */
  Authentication: 90,
  /** Client last transaction time (RFC 4388). */
  ClientLastTransactionTime: 91,
  /** Associated addresses (RFC 4388). */
  AssociatedAddresses: 92,
  /** Client system architecture (RFC 4578 §2.1). */
  ClientArchitecture: 93,
  /** Client network device interface (RFC 4578 §2.2). */
  ClientNetworkInterface: 94,
  /** LDAP servers (RFC 3679, as deployed by Apple). */
  Ldap: 95,
  /** Client machine identifier (RFC 4578 §2.3). */
  ClientMachineIdentifier: 97,
  /** User authentication protocol (RFC 2485). */
  UserAuthentication: 98,
  /** Civic location (RFC 4776). */
  CivicLocation: 99,
  /** Time zone as a POSIX TZ string (RFC 4833). */
  PosixTimezone: 100,
  /** Time zone as a name of the TZ database (RFC 4833). */
  TzdbTimezone: 101,
  /** IPv6-only preferred (RFC 8925). */
  Ipv6OnlyPreferred: 108,
  /** Source address of DHCP 4o6 (RFC 8539). */
  Dhcp4o6SourceAddress: 109,
  /** NetInfo parent server addresses (RFC 3679). */
  NetinfoAddress: 112,
  /** NetInfo parent server tag (RFC 3679). */
  NetinfoTag: 113,
  /** Captive portal URI (RFC 8910). */
  CaptivePortal: 114,
  /** Auto-configure (RFC 2563). */
  AutoConfigure: 116,
  /** Name service search (RFC 2937). */
  NameServiceSearch: 117,
  /** Subnet selection (RFC 3011). */
  SubnetSelection: 118,
  /** Domain search list (RFC 3397). */
  DomainSearch: 119,
  /** SIP servers (RFC 3361). */
  SipServers: 120,
  /** Classless static routes (RFC 3442). */
  ClasslessStaticRoute: 121,
  /** CableLabs client configuration (RFC 3495). */
  CablelabsClientConfiguration: 122,
  /** Coordinate location (RFC 6225). */
  GeoConf: 123,
  /** Vendor-identifying vendor class (RFC 3925 §3). */
  VendorIdentifyingClass: 124,
  /** Vendor-identifying vendor-specific information (RFC 3925 §4). */
  VendorIdentifyingInformation: 125,
  /** PANA agents (RFC 5192). */
  PanaAgent: 136,
  /** LoST server (RFC 5223). */
  LostServer: 137,
  /** CAPWAP access controllers (RFC 5417). */
  CapwapAccessController: 138,
  /** Mobility service addresses (RFC 5678). */
  MobilityServiceAddress: 139,
  /** Mobility service names (RFC 5678). */
  MobilityServiceFqdn: 140,
  /** SIP user agent configuration service domains (RFC 6011). */
  SipUaConfigurationDomains: 141,
  /** ANDSF servers (RFC 6153). */
  AndsfServers: 142,
  /** Zero-touch provisioning redirect (RFC 8572). */
  SztpRedirect: 143,
  /** Geospatial location (RFC 6225). */
  GeoLocation: 144,
  /** FORCERENEW nonce capable (RFC 6704). */
  ForcerenewNonceCapable: 145,
  /** RDNSS selection (RFC 6731). */
  RdnssSelection: 146,
  /** DOTS reference identifier (RFC 8973). */
  DotsReferenceIdentifier: 147,
  /** DOTS addresses (RFC 8973). */
  DotsAddress: 148,
  /** TFTP server addresses (RFC 5859). */
  TftpServerAddress: 150,
  /** Status code of bulk lease query (RFC 6926). */
  StatusCode: 151,
  /** Base time (RFC 6926). */
  BaseTime: 152,
  /** Start time of state (RFC 6926). */
  StartTimeOfState: 153,
  /** Query start time (RFC 6926). */
  QueryStartTime: 154,
  /** Query end time (RFC 6926). */
  QueryEndTime: 155,
  /** State of the address (RFC 6926). */
  DhcpState: 156,
  /** Data source (RFC 6926). */
  DataSource: 157,
  /** PCP servers (RFC 7291). */
  PcpServer: 158,
  /** Port set (RFC 7618). */
  PortParameters: 159,
  /** Manufacturer usage description (RFC 8520). */
  MudUrl: 161,
  /** Encrypted DNS resolvers (RFC 9463). */
  DiscoveryOfNetworkResolvers: 162,
  /** Etherboot and iPXE encapsulated options. */
  Etherboot: 175,
  /** PXELINUX magic, deprecated (RFC 5071). */
  PxelinuxMagic: 208,
  /** PXELINUX configuration file (RFC 5071). */
  PxelinuxConfigurationFile: 209,
  /** PXELINUX path prefix (RFC 5071). */
  PxelinuxPathPrefix: 210,
  /** PXELINUX reboot time (RFC 5071). */
  PxelinuxRebootTime: 211,
  /** IPv6 rapid deployment (RFC 5969). */
  SixRapidDeployment: 212,
  /** Access network domain name (RFC 5986). */
  AccessDomain: 213,
  /** Subnet allocation (RFC 6656). */
  SubnetAllocation: 220,
  /** Virtual subnet selection (RFC 6607). */
  VirtualSubnetSelection: 221,
  /** Classless static routes under Microsoft's earlier code. */
  MicrosoftClasslessStaticRoute: 249,
  /** Web proxy auto-discovery URL, as deployed. */
  WebProxyAutoDiscovery: 252,
  /** The end of the options, one byte without a length (RFC 2132 §3.2). */
  End: 255,
} as const;

/** Message types, the value of option 53 (RFC 2132 §9.6 and later). */
export const DhcpMessageType = {
  /** Client: which servers are there? */
  Discover: 1,
  /** Server: this address is on offer. */
  Offer: 2,
  /** Client: give me, confirm, or extend this address. */
  Request: 3,
  /** Client: somebody uses this address already. */
  Decline: 4,
  /** Server: it is yours. */
  Ack: 5,
  /** Server: it is not yours. */
  Nak: 6,
  /** Client: I no longer need it. */
  Release: 7,
  /** Client: I have an address, tell me the rest. */
  Inform: 8,
  /** Server: renew now (RFC 3203). */
  ForceRenew: 9,
  /** Relay: who has this address? (RFC 4388). */
  LeaseQuery: 10,
  /** Server: nobody (RFC 4388). */
  LeaseUnassigned: 11,
  /** Server: unknown (RFC 4388). */
  LeaseUnknown: 12,
  /** Server: this client (RFC 4388). */
  LeaseActive: 13,
} as const;

/** Sub-option codes of option 82 (RFC 3046 and later). */
export const RelayAgentOption = {
  /** The circuit the request came in by (RFC 3046 §3.1). */
  CircuitId: 1,
  /** Who is at its far end (RFC 3046 §3.2). */
  RemoteId: 2,
  /** DOCSIS device class (RFC 3256). */
  DeviceClass: 4,
  /** The subnet to choose an address from, where it is not the relay's (RFC 3527). */
  LinkSelection: 5,
  /** The subscriber (RFC 3993). */
  SubscriberId: 6,
  /** RADIUS attributes (RFC 4014). */
  RadiusAttributes: 7,
  /** Authentication (RFC 4030). */
  Authentication: 8,
  /** Vendor-specific information (RFC 4243). */
  VendorSpecific: 9,
  /** Whether the relay got the request by unicast (RFC 5010). */
  RelayFlags: 10,
  /** The server identifier to answer with (RFC 5107). */
  ServerIdentifierOverride: 11,
  /** The relay's own port (RFC 8357). */
  RelaySourcePort: 19,
} as const;
