//! Frame to message and back.
use crate::header::{checksum, compose};
use crate::{Header, Kind, Message, Stamp, WireError, check_limits, peek};

/// Checks header, length, checksum and limits, in this order, and gives the payload bytes. Builds nothing from them.
///
/// # Errors
/// The first check that fails.
pub fn open(frame: &[u8]) -> Result<(Header, &[u8]), WireError> {
    let header = peek(frame)?;
    let computed = checksum(frame);
    if computed != header.crc32c {
        return Err(WireError::Crc { stated: header.crc32c, computed });
    }
    let payload = &frame[crate::HEADER_BYTES..];
    check_limits(payload)?;
    Ok((header, payload))
}

/// Puts a header before msgpack bytes made elsewhere, after the limits and the fields of the kind were checked.
///
/// # Errors
/// The first check that fails.
pub fn seal(kind: Kind, stamp: &Stamp, payload: &[u8]) -> Result<Vec<u8>, WireError> {
    let limit = kind.max_payload_bytes();
    if payload.len() > limit {
        return Err(WireError::TooLong { kind, bytes: payload.len(), limit });
    }
    check_limits(payload)?;
    check_payload(kind, payload)?;
    Ok(compose(kind, stamp, payload))
}

/// Do these msgpack bytes have the fields of `kind`?
///
/// # Errors
/// [`WireError::Payload`] with the decoder's words.
pub fn check_payload(kind: Kind, payload: &[u8]) -> Result<(), WireError> {
    Message::from_payload(kind, payload).map(|_| ())
}

/// Frame to header and message.
///
/// # Errors
/// The first check that fails; see [`open`].
pub fn decode(frame: &[u8]) -> Result<(Header, Message), WireError> {
    let (header, payload) = open(frame)?;
    Ok((header, Message::from_payload(header.kind, payload)?))
}

/// Message to frame.
///
/// # Errors
/// When the message itself passes a limit.
pub fn encode(stamp: &Stamp, message: &Message) -> Result<Vec<u8>, WireError> {
    let kind = message.kind();
    let payload = message.to_payload()?;
    let limit = kind.max_payload_bytes();
    if payload.len() > limit {
        return Err(WireError::TooLong { kind, bytes: payload.len(), limit });
    }
    check_limits(&payload)?;
    Ok(compose(kind, stamp, &payload))
}
