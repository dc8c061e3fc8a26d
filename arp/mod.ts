/** Octet @octet/arp. @module */
export {};
