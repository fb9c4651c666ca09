//! Tells a service manager (systemd's notify protocol) that the core is ready and that its loop goes
//! on. The watchdog is fed by the loop's own tick count: whoever calls [`Notify::look`] may live
//! on while the loop stands, and then nothing is sent.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Variables of the protocol.
const SOCKET: &str = "NOTIFY_SOCKET";
const WATCHDOG_US: &str = "WATCHDOG_USEC";
/// Set by a supervisor, who tells of readiness himself: the core is not the whole line.
const PARENT: &str = "LINEWRIGHT_PARENT";
/// The watchdog is fed this often within its time.
const FEEDS: u64 = 4;

/// The other end, and what it was told last.
#[derive(Debug)]
pub struct Notify {
    to: Option<(UnixDatagram, SocketAddr)>,
    owes_ready: bool,
    every_ns: Option<u64>,
    fed_tick: u64,
    fed_ns: u64,
}

impl Notify {
    /// As the environment says; silent when it names no socket.
    #[must_use]
    pub fn from_environment() -> Self {
        let watchdog = std::env::var(WATCHDOG_US).ok().and_then(|us| us.parse().ok());
        let socket = std::env::var(SOCKET).unwrap_or_default();
        Self::new(&socket, watchdog, std::env::var_os(PARENT).is_none())
    }

    /// To the socket at `path` (a leading `@` means an abstract one); the watchdog's time in us.
    fn new(path: &str, watchdog_us: Option<u64>, owes_ready: bool) -> Self {
        let address = match path.strip_prefix('@') {
            Some(name) => SocketAddr::from_abstract_name(name),
            None => SocketAddr::from_pathname(path),
        };
        let socket = UnixDatagram::unbound().and_then(|s| s.set_nonblocking(true).map(|()| s));
        let to = if path.is_empty() { None } else { socket.ok().zip(address.ok()) };
        let every_ns = watchdog_us.filter(|&us| us > 0).map(|us| us * 1000 / FEEDS);
        Self { to, owes_ready, every_ns, fed_tick: 0, fed_ns: 0 }
    }

    /// Looks at the number of ticks done. The first one makes the core ready; the watchdog is fed
    /// when it is time and the loop has gone on since the last feed. Never waits.
    pub fn look(&mut self, ticks: u64, now_ns: u64) {
        if self.to.is_none() || ticks <= self.fed_tick {
            return;
        }
        if std::mem::take(&mut self.owes_ready) {
            self.send("READY=1");
        }
        let Some(every_ns) = self.every_ns else { return };
        if now_ns - self.fed_ns >= every_ns {
            self.send("WATCHDOG=1");
            (self.fed_tick, self.fed_ns) = (ticks, now_ns);
        }
    }

    fn send(&self, text: &str) {
        if let Some((socket, address)) = &self.to {
            drop(socket.send_to_addr(text.as_bytes(), address)); // a full manager hears the next one
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(name: &str, owes_ready: bool) -> (UnixDatagram, Notify) {
        let name = format!("linewright-notify-{}-{name}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let heard = UnixDatagram::bind_addr(&address).expect("a socket");
        heard.set_nonblocking(true).expect("a flag");
        (heard, Notify::new(&format!("@{name}"), Some(4_000), owes_ready))
    }

    fn said(socket: &UnixDatagram) -> Vec<String> {
        let mut buffer = [0; 64];
        std::iter::from_fn(|| socket.recv(&mut buffer).ok().map(|n| buffer[..n].to_vec()))
            .map(|bytes| String::from_utf8(bytes).expect("text"))
            .collect()
    }

    #[test]
    fn ready_is_said_once_with_the_first_tick() {
        let (heard, mut notify) = pair("ready", true);
        notify.look(0, 5_000_000);
        assert!(said(&heard).is_empty());
        notify.look(1, 6_000_000);
        notify.look(2, 6_000_001);
        assert_eq!(said(&heard), ["READY=1", "WATCHDOG=1"]);
    }

    #[test]
    fn a_loop_that_stands_feeds_nothing_however_often_it_is_looked_at() {
        let (heard, mut notify) = pair("stands", false);
        for round in 0..100 {
            notify.look(7, 2_000_000 + round * 1_000_000);
        }
        assert_eq!(said(&heard), ["WATCHDOG=1"]);
        notify.look(8, 200_000_000);
        assert_eq!(said(&heard), ["WATCHDOG=1"]);
    }

    #[test]
    fn it_is_fed_a_quarter_of_its_time_apart() {
        let (heard, mut notify) = pair("apart", false);
        for tick in 1..=10 {
            notify.look(tick, 10_000_000 + tick * 500_000);
        }
        assert_eq!(said(&heard).len(), 5);
    }

    #[test]
    fn nothing_is_said_to_nobody() {
        let mut notify = Notify::new("", Some(4_000), true);
        notify.look(1, 10_000_000);
        assert!(notify.to.is_none());
    }
}
