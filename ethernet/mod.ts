/** Octet @octet/ethernet. @module */
export {};
