//! A plant at the other end of a socket: a tick with it allocates nothing, and its writes arrive in
//! the tick they were admitted in.
#![allow(unsafe_code)] // a socket made by hand
#![allow(clippy::unwrap_used)] // a failed unwrap is a failed test

mod core_support;
mod counting;

use core_support::{Folder, config};
use linewright_runtime::clock::monotonic_ns;
use linewright_runtime::config::CoreConfig;
use linewright_runtime::core::build;
use linewright_runtime::drivers::{UnixDriver, UnixPlace};
use linewright_runtime::order::Action;
use linewright_runtime::record::Mode;
use serde_json::json;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::Path;

const HEAD: usize = 56;
const ENTRIES: [(u8, &str, &str); 3] = [
    (0, "coater.web_position", "m"),
    (0, "coater.mass_flow", "kg/min"),
    (1, "coater.pump_flow", "L/min"),
];

/// A datagram as the page says it.
fn seal(kind: u8, seq: u64, session: u64, count: u32, body: &[u8]) -> Vec<u8> {
    let mut of = vec![0; HEAD];
    of[..4].copy_from_slice(b"LWD1");
    (of[4], of[6]) = (kind, 1);
    of[8..12].copy_from_slice(&((HEAD + body.len()) as u32).to_le_bytes());
    of[16..24].copy_from_slice(&seq.to_le_bytes());
    of[32..40].copy_from_slice(&session.to_le_bytes());
    of[48..52].copy_from_slice(&count.to_le_bytes());
    of.extend(body);
    let crc = crc32fast::hash(&[&of[..12], &of[16..]].concat());
    of[12..16].copy_from_slice(&crc.to_le_bytes());
    of
}

struct Peer {
    socket: OwnedFd,
    seq: u64,
}

impl Peer {
    fn connect(path: &Path) -> Self {
        // SAFETY: a plain address of a socket that exists; the descriptor is owned at once.
        unsafe {
            let fd = libc::socket(libc::AF_UNIX, libc::SOCK_SEQPACKET | libc::SOCK_CLOEXEC, 0);
            let socket = OwnedFd::from_raw_fd(fd);
            let mut address: libc::sockaddr_un = std::mem::zeroed();
            address.sun_family = libc::AF_UNIX as libc::sa_family_t;
            for (to, from) in address.sun_path.iter_mut().zip(path.as_os_str().as_encoded_bytes()) {
                *to = *from as libc::c_char;
            }
            let len = size_of::<libc::sockaddr_un>() as libc::socklen_t;
            assert_eq!(libc::connect(fd, (&raw const address).cast(), len), 0);
            Self { socket, seq: 0 }
        }
    }

    fn send(&mut self, kind: u8, count: u32, body: &[u8]) {
        self.seq += 1;
        let of = seal(kind, self.seq, u64::from(kind != 1) * 3, count, body);
        // SAFETY: the pointer is valid for the length.
        let sent = unsafe { libc::send(self.socket.as_raw_fd(), of.as_ptr().cast(), of.len(), 0) };
        assert_eq!(sent as usize, of.len());
    }

    fn hello(&mut self) {
        let mut body = Vec::new();
        for (what, name, unit) in ENTRIES {
            body.extend([what, name.len() as u8, unit.len() as u8, 0]);
            body.extend(name.bytes().chain(unit.bytes()));
        }
        self.send(1, ENTRIES.len() as u32, &body);
    }

    fn samples(&mut self, position_m: f64, flow: f64, pump: f64) {
        let now = monotonic_ns().to_le_bytes();
        let mut body = Vec::new();
        for (head, value) in
            [([0, 0, 0, 0], position_m), ([1, 0, 0, 0], flow), ([0, 0, 1, 0], pump)]
        {
            body.extend(head);
            body.extend([0; 4]);
            body.extend(value.to_le_bytes());
            body.extend(now);
        }
        self.send(2, 3, &body);
    }

    fn receive(&self, buffer: &mut [u8]) -> usize {
        let (to, len) = (buffer.as_mut_ptr().cast(), buffer.len());
        // SAFETY: the buffer is valid for its length.
        let got = unsafe { libc::recv(self.socket.as_raw_fd(), to, len, libc::MSG_DONTWAIT) };
        usize::try_from(got).unwrap_or(0)
    }
}

#[test]
fn a_hundred_thousand_ticks_with_a_plant_allocate_nothing_and_every_write_arrives() {
    let mut config = config();
    config["actuators"]["coater.pump_flow"]["resolution"] = json!(0.0); // a write every cycle
    let config = CoreConfig::from_json(&config.to_string()).unwrap();
    let folder = Folder::new("unix");
    let path = folder.file("plant.sock");
    let named = |what: u8| -> Vec<(String, String)> {
        let of = ENTRIES.iter().filter(|e| e.0 == what);
        of.map(|(_, name, unit)| ((*name).to_owned(), (*unit).to_owned())).collect()
    };
    let place = UnixPlace {
        path: path.clone(),
        channels: named(0),
        actuators: named(1),
        silent_s: 30.0,
        session: 3,
        lockstep: false,
    };
    let driver = UnixDriver::listen(&place, 30).unwrap();
    let (mut executive, mut clerk) = build(&config, Box::new(driver)).unwrap();
    clerk.order(Action::Mode(Mode::Closed));
    clerk.order(Action::Arm);
    clerk.order(Action::Lease { actuator: 0, station: 1, token: 1 });
    let mut peer = Peer::connect(&path);
    peer.hello();
    let mut buffer = [0; 4096];
    let (mut spent, mut writes, mut pump) = (0, 0u64, 5.0);
    for tick in 0..100_000u64 {
        if tick > 0 {
            peer.samples(tick as f64 * 0.01, 7.0, pump);
        }
        if tick % 60 == 30 {
            clerk.order(Action::Renew { actuator: 0, station: 1, token: 1 });
        }
        let before = counting::calls();
        executive.tick(tick, None, 0);
        spent += counting::calls() - before;
        let mut got = peer.receive(&mut buffer);
        if tick == 0 {
            assert_eq!((got, buffer[4]), (HEAD + 24, 16), "welcome");
            got = peer.receive(&mut buffer);
        }
        assert_eq!((buffer[4], u64::from_le_bytes(buffer[24..32].try_into().unwrap())), (18, tick));
        for write in buffer[HEAD..got].chunks_exact(32) {
            pump = f64::from_le_bytes(write[8..16].try_into().unwrap());
            assert_eq!(u64::from_le_bytes(write[16..24].try_into().unwrap()), tick << 16);
            writes += 1;
        }
        if tick % 500 == 0 {
            clerk.pump();
            drop(clerk.take_frames());
        }
    }
    assert_eq!(spent, 0);
    assert!(writes > 30_000, "it did act: {writes}");
}
