/** Octet @octet/pcap. @module */
export {};
