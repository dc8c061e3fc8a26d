/** Octet @octet/udp. @module */
export {};
