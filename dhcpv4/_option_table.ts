/**
 * Which option holds what: one line an option, in the order they are written to a message.
 *
 * @module
 */
import * as kind from "./_option_kinds.ts";
import type { OptionKind } from "./_option_kinds.ts";
import * as structured from "./_structured_kinds.ts";
import { DhcpOption } from "./option_code.ts";
import type { Dhcpv4Options } from "./option_types.ts";

/** A typed option's name in {@linkcode Dhcpv4Options}. */
export type OptionName = Exclude<keyof Dhcpv4Options, "other">;

/** One line of the table. */
export interface OptionEntry {
  /** The code. */
  readonly code: number;
  /** The property. */
  readonly name: OptionName;
  /** How the value is read and written. */
  readonly kind: OptionKind<unknown>;
}

type Mutable<T> = T extends readonly (infer E)[] ? E[] : T;

function entry<N extends OptionName>(
  code: number,
  name: N,
  kind: OptionKind<Mutable<NonNullable<Dhcpv4Options[N]>>>,
): OptionEntry {
  return { code, name, kind: kind as OptionKind<unknown> };
}

/** All typed options. The first four are what a receiver looks for first; the last must be last (RFC 3046 §2.1). */
export const optionTable: readonly OptionEntry[] = [
  entry(DhcpOption.MessageType, "messageType", kind.u8),
  entry(DhcpOption.ServerIdentifier, "serverIdentifier", kind.u32),
  entry(DhcpOption.LeaseTime, "leaseTime", kind.u32),
  entry(DhcpOption.RequestedAddress, "requestedAddress", kind.u32),
  entry(DhcpOption.SubnetMask, "subnetMask", kind.u32),
  entry(DhcpOption.TimeOffset, "timeOffset", kind.i32),
  entry(DhcpOption.Router, "routers", kind.addresses),
  entry(DhcpOption.TimeServer, "timeServers", kind.addresses),
  entry(DhcpOption.NameServer, "nameServers", kind.addresses),
  entry(DhcpOption.DomainNameServer, "dnsServers", kind.addresses),
  entry(DhcpOption.LogServer, "logServers", kind.addresses),
  entry(DhcpOption.CookieServer, "cookieServers", kind.addresses),
  entry(DhcpOption.LprServer, "lprServers", kind.addresses),
  entry(DhcpOption.ImpressServer, "impressServers", kind.addresses),
  entry(DhcpOption.ResourceLocationServer, "resourceLocationServers", kind.addresses),
  entry(DhcpOption.HostName, "hostName", kind.text),
  entry(DhcpOption.BootFileSize, "bootFileSize", kind.u16),
  entry(DhcpOption.MeritDumpFile, "meritDumpFile", kind.text),
  entry(DhcpOption.DomainName, "domainName", kind.text),
  entry(DhcpOption.SwapServer, "swapServer", kind.u32),
  entry(DhcpOption.RootPath, "rootPath", kind.text),
  entry(DhcpOption.ExtensionsPath, "extensionsPath", kind.text),
  entry(DhcpOption.IpForwarding, "ipForwarding", kind.bool),
  entry(DhcpOption.NonLocalSourceRouting, "nonLocalSourceRouting", kind.bool),
  entry(DhcpOption.PolicyFilter, "policyFilters", structured.policyFilters),
  entry(DhcpOption.MaximumReassemblySize, "maximumReassemblySize", kind.u16),
  entry(DhcpOption.DefaultIpTtl, "defaultIpTtl", kind.u8),
  entry(DhcpOption.PathMtuAgingTimeout, "pathMtuAgingTimeout", kind.u32),
  entry(DhcpOption.PathMtuPlateauTable, "pathMtuPlateaus", kind.u16s),
  entry(DhcpOption.InterfaceMtu, "interfaceMtu", kind.u16),
  entry(DhcpOption.AllSubnetsAreLocal, "allSubnetsAreLocal", kind.bool),
  entry(DhcpOption.BroadcastAddress, "broadcastAddress", kind.u32),
  entry(DhcpOption.PerformMaskDiscovery, "performMaskDiscovery", kind.bool),
  entry(DhcpOption.MaskSupplier, "maskSupplier", kind.bool),
  entry(DhcpOption.PerformRouterDiscovery, "performRouterDiscovery", kind.bool),
  entry(DhcpOption.RouterSolicitationAddress, "routerSolicitationAddress", kind.u32),
  entry(DhcpOption.StaticRoute, "staticRoutes", structured.staticRoutes),
  entry(DhcpOption.TrailerEncapsulation, "trailerEncapsulation", kind.bool),
  entry(DhcpOption.ArpCacheTimeout, "arpCacheTimeout", kind.u32),
  entry(DhcpOption.EthernetEncapsulation, "ethernetEncapsulation", kind.bool),
  entry(DhcpOption.TcpDefaultTtl, "tcpDefaultTtl", kind.u8),
  entry(DhcpOption.TcpKeepaliveInterval, "tcpKeepaliveInterval", kind.u32),
  entry(DhcpOption.TcpKeepaliveGarbage, "tcpKeepaliveGarbage", kind.bool),
  entry(DhcpOption.NisDomain, "nisDomain", kind.text),
  entry(DhcpOption.NisServers, "nisServers", kind.addresses),
  entry(DhcpOption.NtpServers, "ntpServers", kind.addresses),
  entry(DhcpOption.VendorSpecific, "vendorSpecific", kind.opaque),
  entry(DhcpOption.NetbiosNameServer, "netbiosNameServers", kind.addresses),
  entry(DhcpOption.NetbiosDatagramDistribution, "netbiosDatagramServers", kind.addresses),
  entry(DhcpOption.NetbiosNodeType, "netbiosNodeType", kind.u8),
  entry(DhcpOption.NetbiosScope, "netbiosScope", kind.text),
  entry(DhcpOption.XFontServer, "xFontServers", kind.addresses),
  entry(DhcpOption.XDisplayManager, "xDisplayManagers", kind.addresses),
  entry(DhcpOption.ParameterRequestList, "parameterRequestList", kind.u8s),
  entry(DhcpOption.Message, "message", kind.text),
  entry(DhcpOption.MaximumMessageSize, "maximumMessageSize", kind.u16),
  entry(DhcpOption.RenewalTime, "renewalTime", kind.u32),
  entry(DhcpOption.RebindingTime, "rebindingTime", kind.u32),
  entry(DhcpOption.VendorClass, "vendorClass", kind.text),
  entry(DhcpOption.ClientIdentifier, "clientIdentifier", kind.identifier),
  entry(DhcpOption.NetwareDomain, "netwareDomain", kind.text),
  entry(DhcpOption.NetwareInformation, "netwareInformation", kind.opaque),
  entry(DhcpOption.NisPlusDomain, "nisPlusDomain", kind.text),
  entry(DhcpOption.NisPlusServers, "nisPlusServers", kind.addresses),
  entry(DhcpOption.TftpServerName, "tftpServerName", kind.text),
  entry(DhcpOption.BootFileName, "bootFileName", kind.text),
  entry(DhcpOption.MobileIpHomeAgent, "mobileIpHomeAgents", kind.maybeAddresses),
  entry(DhcpOption.SmtpServer, "smtpServers", kind.addresses),
  entry(DhcpOption.Pop3Server, "pop3Servers", kind.addresses),
  entry(DhcpOption.NntpServer, "nntpServers", kind.addresses),
  entry(DhcpOption.WwwServer, "wwwServers", kind.addresses),
  entry(DhcpOption.FingerServer, "fingerServers", kind.addresses),
  entry(DhcpOption.IrcServer, "ircServers", kind.addresses),
  entry(DhcpOption.StreetTalkServer, "streetTalkServers", kind.addresses),
  entry(DhcpOption.StreetTalkDirectoryAssistance, "streetTalkDirectoryServers", kind.addresses),
  entry(DhcpOption.UserClass, "userClasses", structured.userClasses),
  entry(DhcpOption.SlpDirectoryAgent, "slpDirectoryAgents", structured.slpDirectoryAgents),
  entry(DhcpOption.SlpServiceScope, "slpServiceScope", structured.slpServiceScope),
  entry(DhcpOption.RapidCommit, "rapidCommit", kind.presence),
  entry(DhcpOption.ClientFqdn, "clientFqdn", structured.clientFqdn),
  entry(DhcpOption.Isns, "isns", kind.opaque),
  entry(DhcpOption.NdsServers, "ndsServers", kind.addresses),
  entry(DhcpOption.NdsTreeName, "ndsTreeName", kind.text),
  entry(DhcpOption.NdsContext, "ndsContext", kind.text),
  entry(DhcpOption.BcmcsDomainNames, "bcmcsDomains", structured.domains),
  entry(DhcpOption.BcmcsAddresses, "bcmcsAddresses", kind.addresses),
  entry(DhcpOption.Authentication, "authentication", kind.opaque),
  entry(DhcpOption.ClientLastTransactionTime, "clientLastTransactionTime", kind.u32),
  entry(DhcpOption.AssociatedAddresses, "associatedAddresses", kind.addresses),
  entry(DhcpOption.ClientArchitecture, "clientArchitectures", kind.u16s),
  entry(DhcpOption.ClientNetworkInterface, "clientNetworkInterface", structured.networkInterface),
  entry(DhcpOption.Ldap, "ldapServer", kind.text),
  entry(
    DhcpOption.ClientMachineIdentifier,
    "clientMachineIdentifier",
    structured.machineIdentifier,
  ),
  entry(DhcpOption.UserAuthentication, "userAuthentication", kind.text),
  entry(DhcpOption.CivicLocation, "civicLocation", kind.opaque),
  entry(DhcpOption.PosixTimezone, "posixTimezone", kind.text),
  entry(DhcpOption.TzdbTimezone, "tzdbTimezone", kind.text),
  entry(DhcpOption.Ipv6OnlyPreferred, "ipv6OnlyPreferred", kind.u32),
  entry(DhcpOption.NetinfoAddress, "netinfoAddresses", kind.addresses),
  entry(DhcpOption.NetinfoTag, "netinfoTag", kind.text),
  entry(DhcpOption.CaptivePortal, "captivePortal", kind.text),
  entry(DhcpOption.AutoConfigure, "autoConfigure", kind.u8),
  entry(DhcpOption.NameServiceSearch, "nameServiceSearch", kind.u16s),
  entry(DhcpOption.SubnetSelection, "subnetSelection", kind.u32),
  entry(DhcpOption.DomainSearch, "domainSearch", structured.domains),
  entry(DhcpOption.SipServers, "sipServers", structured.sipServers),
  entry(DhcpOption.ClasslessStaticRoute, "classlessRoutes", structured.classlessRoutes),
  entry(DhcpOption.CablelabsClientConfiguration, "cablelabsClientConfiguration", kind.opaque),
  entry(DhcpOption.GeoConf, "geoConf", kind.opaque),
  entry(DhcpOption.VendorIdentifyingClass, "vendorIdentifyingClasses", structured.enterpriseData),
  entry(
    DhcpOption.VendorIdentifyingInformation,
    "vendorIdentifyingInformation",
    structured.enterpriseData,
  ),
  entry(DhcpOption.PanaAgent, "panaAgents", kind.addresses),
  entry(DhcpOption.LostServer, "lostServer", structured.domain),
  entry(DhcpOption.CapwapAccessController, "capwapAccessControllers", kind.addresses),
  entry(DhcpOption.SipUaConfigurationDomains, "sipUaConfigurationDomains", structured.domains),
  entry(DhcpOption.SztpRedirect, "sztpRedirect", kind.opaque),
  entry(DhcpOption.GeoLocation, "geoLocation", kind.opaque),
  entry(DhcpOption.ForcerenewNonceCapable, "forcerenewNonceAlgorithms", kind.u8s),
  entry(DhcpOption.TftpServerAddress, "tftpServerAddresses", kind.addresses),
  entry(DhcpOption.BaseTime, "baseTime", kind.u32),
  entry(DhcpOption.StartTimeOfState, "startTimeOfState", kind.u32),
  entry(DhcpOption.QueryStartTime, "queryStartTime", kind.u32),
  entry(DhcpOption.QueryEndTime, "queryEndTime", kind.u32),
  entry(DhcpOption.DhcpState, "dhcpState", kind.u8),
  entry(DhcpOption.DataSource, "dataSource", kind.u8),
  entry(DhcpOption.MudUrl, "mudUrl", kind.text),
  entry(DhcpOption.DiscoveryOfNetworkResolvers, "discoveryOfNetworkResolvers", kind.opaque),
  entry(DhcpOption.Etherboot, "etherboot", kind.opaque),
  entry(DhcpOption.PxelinuxMagic, "pxelinuxMagic", kind.opaque),
  entry(DhcpOption.PxelinuxConfigurationFile, "pxelinuxConfigurationFile", kind.text),
  entry(DhcpOption.PxelinuxPathPrefix, "pxelinuxPathPrefix", kind.text),
  entry(DhcpOption.PxelinuxRebootTime, "pxelinuxRebootTime", kind.u32),
  entry(DhcpOption.SixRapidDeployment, "sixRapidDeployment", structured.sixRapidDeployment),
  entry(DhcpOption.AccessDomain, "accessDomain", structured.domain),
  entry(
    DhcpOption.MicrosoftClasslessStaticRoute,
    "microsoftClasslessRoutes",
    structured.classlessRoutes,
  ),
  entry(DhcpOption.WebProxyAutoDiscovery, "webProxyAutoDiscovery", kind.text),
  entry(DhcpOption.RelayAgentInformation, "relayAgentInformation", structured.subOptions),
];

/** The table by code. */
export const optionByCode: ReadonlyMap<number, OptionEntry> = new Map(
  optionTable.map((line) => [line.code, line]),
);
