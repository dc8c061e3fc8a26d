/** Octet @octet/netlink. @module */
export {};
