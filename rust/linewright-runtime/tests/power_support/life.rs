//! A process that writes a ledger, tells what is synced, and is killed.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use linewright_runtime::ledger::{Kind, Ledger, Options, Policy, Row, Stamp, pin, pins, unpin};

use super::disk::TOLD;
use super::look::body;
use crate::ledger_support::Random;

/// Its ledger, in whatever folder.
pub const LEDGER: &str = "line.ledger";

/// A process that writes, until it is killed.
struct Life {
    ledger: Ledger,
    path: PathBuf,
    random: Random,
    most_rows: u64,
    most_bytes: u64,
    policy: Policy,
    told: File,
}

impl Life {
    fn append(&mut self, count: u64) {
        for _ in 0..count {
            let seq = self.ledger.last_seq() + 1;
            let body = body(seq, self.random.below(self.most_bytes));
            let row = Row {
                tick: seq * 3,
                mono_ns: seq * 7,
                kind: Kind::Detection,
                station: "coater",
                body_json: &body,
            };
            self.ledger.append(&row).unwrap();
        }
    }

    /// As the clerk does it: rows, a step of retention, a counter, one commit; then the world may know.
    fn group(&mut self) {
        let rows = 1 + self.random.below(self.most_rows);
        self.append(rows);
        let now = Stamp { tick: 0, mono_ns: 0, wall_s: 0.0 };
        self.ledger.prune(&self.policy, now).unwrap();
        self.ledger.retain("epoch", self.ledger.last_seq()).unwrap();
        let synced = self.ledger.commit().unwrap();
        tell(&mut self.told, "synced", &[synced]);
        if self.random.below(12) == 0 {
            self.change_pins(synced);
        }
    }

    fn change_pins(&mut self, synced: u64) {
        let all = pins(&self.path).unwrap();
        if let Some(one) = all.first().filter(|_| all.len() > 2) {
            tell(&mut self.told, "unpin", &[one.first, one.last]);
            unpin(&self.path, one.first, one.last).unwrap();
        } else {
            let first = synced.saturating_sub(self.random.below(20)).max(1);
            if pin(&self.path, first, synced, "held", "shift").is_ok() {
                tell(&mut self.told, "pin", &[first, synced]);
            }
        }
    }
}

/// A word and numbers, in one write: from then on the world knows.
fn tell(told: &mut File, word: &str, numbers: &[u64]) {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    told.write_all(format!("{word} {}\n", numbers.join(" ")).as_bytes()).unwrap();
}

/// Opens the ledger some times, as it was closed, dropped or, at the end, left with rows under way.
/// `seed % 3`: a few rows; pages enough to be moved; rows enough to be removed.
pub fn live(folder: &Path, seed: u64) {
    let path = folder.join(LEDGER);
    let mut random = Random(seed);
    let (groups, most_rows, most_bytes, quota_bytes) = [
        (1 + random.below(4), 5, 400, None),
        (60, 8, 16_000, None),
        (50, 60, 200, Some(256 * 1024)),
    ][(seed % 3) as usize];
    let policy = Policy { quota_bytes, keep_s: None };
    let opens = 1 + random.below(2);
    for last in (0..opens).rev() {
        let options = Options { ready: random.below(2) == 0, ..Options::default() };
        let ledger = Ledger::open_with(&path, options).unwrap();
        let mut told =
            OpenOptions::new().create(true).append(true).open(folder.join(TOLD)).unwrap();
        tell(&mut told, "synced", &[ledger.synced_seq()]);
        let random = Random(random.next());
        let path = path.clone();
        let mut life = Life { ledger, path, random, most_rows, most_bytes, policy, told };
        (0..groups).for_each(|_| life.group());
        if last == 0 {
            life.append(5);
            // Killed while rows wait, or once they are committed and nobody knows.
            if life.random.below(2) == 0 {
                life.ledger.retain("epoch", life.ledger.last_seq()).unwrap();
                life.ledger.commit().unwrap();
            }
            std::process::exit(0);
        } else if life.random.below(2) == 0 {
            life.ledger.close().unwrap();
        }
    }
}
