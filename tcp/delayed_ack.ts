/**
 * When an acknowledgement may wait (RFC 1122 §4.2.3.2, RFC 5681 §4.2).
 *
 * @module
 */

/**
 * How long an acknowledgement waits for data to ride on, in milliseconds. RFC 1122 allows 500; 40 is
 * what Linux takes.
 */
export const delayedAckTimeout = 40;

/**
 * How many segments at the beginning of a connection are acknowledged at once, so that the peer's
 * slow start is not held up: what Linux calls quick acknowledgements.
 */
export const quickAckSegments = 16;
