//! The hello: the peer names its channels and actuators with their units, and they must be those of
//! the line file.

use crate::driver::Channel;
use std::fmt::Write as _;

/// A name or unit is at most this long.
pub const LONGEST: usize = 255;

/// For each number of the peer our number, of channels and of actuators.
#[derive(Debug)]
pub struct Numbers {
    pub channels: Vec<u16>,
    pub actuators: Vec<u16>,
}

impl Numbers {
    /// Room for as many as there are; nothing is allocated later.
    pub fn new(channels: usize, actuators: usize) -> Self {
        Self { channels: Vec::with_capacity(channels), actuators: Vec::with_capacity(actuators) }
    }

    /// The number the peer gives to our actuator `i`.
    pub fn of_actuator(&self, i: usize) -> Option<u16> {
        let at = self.actuators.iter().position(|ours| usize::from(*ours) == i)?;
        u16::try_from(at).ok()
    }
}

/// One entry of a hello.
struct Named<'a> {
    actuator: bool,
    name: &'a [u8],
    unit: &'a [u8],
}

fn next<'a>(body: &mut &'a [u8]) -> Option<Named<'a>> {
    let (head, rest) = body.split_first_chunk::<4>()?;
    let [what, name_len, unit_len, _] = *head;
    let (name, rest) = rest.split_at_checked(usize::from(name_len))?;
    let (unit, rest) = rest.split_at_checked(usize::from(unit_len))?;
    *body = rest;
    (what <= 1).then_some(Named { actuator: what == 1, name, unit })
}

/// Bytes of the body of the hello that fits `channels` and `actuators`.
pub fn size(channels: &[Channel], actuators: &[Channel]) -> usize {
    channels.iter().chain(actuators).map(|c| 4 + c.name.len() + c.unit.len()).sum()
}

/// Takes a hello; false with the reason in `why` when it is refused.
pub fn take(
    mut body: &[u8],
    count: u32,
    [channels, actuators]: [&[Channel]; 2],
    numbers: &mut Numbers,
    why: &mut String,
) -> bool {
    numbers.channels.clear();
    numbers.actuators.clear();
    why.clear();
    for _ in 0..count {
        let Some(named) = next(&mut body) else {
            why.push_str("a hello whose entries do not fit its length");
            return false;
        };
        let (kind, ours, into) = if named.actuator {
            ("actuator", actuators, &mut numbers.actuators)
        } else {
            ("channel", channels, &mut numbers.channels)
        };
        match place(kind, ours, &named, into, why) {
            Some(i) => into.push(i),
            None => return false,
        }
    }
    if !body.is_empty() {
        why.push_str("a hello whose entries do not fit its length");
        return false;
    }
    let missing = |ours: &'static str, list: &[Channel], have: &[u16], why: &mut String| {
        let lacks = |i: &usize| !have.iter().any(|h| usize::from(*h) == *i);
        if let Some(c) = (0..list.len()).find(lacks).and_then(|i| list.get(i)) {
            let _ = write!(
                why,
                "{ours} '{}' in {}: in the line file, not in the hello",
                c.name, c.unit
            );
            return true;
        }
        false
    };
    !(missing("channel", channels, &numbers.channels, why)
        || missing("actuator", actuators, &numbers.actuators, why))
}

fn place(
    kind: &str,
    ours: &[Channel],
    named: &Named<'_>,
    have: &[u16],
    why: &mut String,
) -> Option<u16> {
    let name = std::str::from_utf8(named.name).unwrap_or("(not UTF-8)");
    let unit = std::str::from_utf8(named.unit).unwrap_or("(not UTF-8)");
    let Some(i) = ours.iter().position(|c| c.name.as_bytes() == named.name) else {
        let _ = write!(why, "{kind} '{name}' in {unit}: in the hello, not in the line file");
        return None;
    };
    let i16 = u16::try_from(i).ok()?;
    if have.contains(&i16) {
        let _ = write!(why, "{kind} '{name}': twice in the hello");
        return None;
    }
    let stated = ours.get(i).map_or("", |c| &c.unit);
    if stated != unit {
        let _ =
            write!(why, "{kind} '{name}': in {unit} in the hello, in {stated} in the line file");
        return None;
    }
    Some(i16)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)] // a failed unwrap is a failed test
mod tests {
    use super::*;

    fn body(entries: &[(u8, &str, &str)]) -> Vec<u8> {
        let mut body = Vec::new();
        for (what, name, unit) in entries {
            body.extend([*what, name.len() as u8, unit.len() as u8, 0]);
            body.extend(name.as_bytes());
            body.extend(unit.as_bytes());
        }
        body
    }

    fn say(entries: &[(u8, &str, &str)]) -> Result<Numbers, String> {
        let channels = [Channel::new("a", "um"), Channel::new("b", "N")];
        let actuators = [Channel::new("c", "V")];
        let (mut numbers, mut why) = (Numbers::new(2, 1), String::with_capacity(2048));
        let body = body(entries);
        let count = entries.len() as u32;
        let taken = take(&body, count, [&channels, &actuators], &mut numbers, &mut why);
        if taken { Ok(numbers) } else { Err(why) }
    }

    #[test]
    fn the_order_is_the_peers_own() {
        let numbers = say(&[(1, "c", "V"), (0, "b", "N"), (0, "a", "um")]).unwrap();
        assert_eq!((numbers.channels, numbers.actuators), (vec![1, 0], vec![0]));
    }

    #[test]
    fn whatever_differs_is_refused_with_both_sides() {
        for (entries, expected) in [
            (
                vec![(0, "a", "mm"), (0, "b", "N"), (1, "c", "V")],
                "channel 'a': in mm in the hello, in um in the line file",
            ),
            (vec![(0, "x", "um")], "channel 'x' in um: in the hello, not in the line file"),
            (
                vec![(0, "a", "um"), (1, "c", "V")],
                "channel 'b' in N: in the line file, not in the hello",
            ),
            (
                vec![(0, "a", "um"), (0, "b", "N")],
                "actuator 'c' in V: in the line file, not in the hello",
            ),
            (vec![(0, "a", "um"), (0, "a", "um")], "channel 'a': twice in the hello"),
            (vec![(7, "a", "um")], "a hello whose entries do not fit its length"),
        ] {
            assert_eq!(say(&entries).unwrap_err(), expected);
        }
    }
}
