//! What is remembered of each sender: its epoch, its numbers and the answers it got.

use crate::record::Refusal;
use linewright_wire::Ack;
use std::collections::BTreeMap;

/// Answers kept per sender.
pub const ANSWERS_KEPT: usize = 4096;

/// One sender.
#[derive(Debug, Default)]
pub struct Sender {
    /// Highest epoch seen.
    pub epoch: u64,
    /// Highest sequence number seen in it.
    pub seq: u64,
    /// Tick of its last frame.
    pub last_tick: u64,
    /// Commands taken in this epoch.
    pub commands: u64,
    answers: BTreeMap<u64, Ack>,
}

/// What a command id turns out to be.
#[derive(Debug, Clone, PartialEq)]
pub enum Identity {
    /// Not seen before.
    New,
    /// Seen, and answered like this.
    Answered(Box<Ack>),
    /// Seen or passed over; no answer is kept (yet).
    Passed,
    /// Of an epoch that is over.
    Old,
}

impl Sender {
    /// What was kept of a sender from an earlier run.
    #[must_use]
    pub fn kept(epoch: u64, seq: u64) -> Self {
        Self { epoch, seq, ..Self::default() }
    }

    /// Looks an id up and, when it is new, marks it as seen.
    pub fn identify(&mut self, epoch: u64, seq: u64) -> Identity {
        if epoch < self.epoch {
            return Identity::Old;
        }
        if epoch > self.epoch {
            *self = Self { epoch, ..Self::default() };
        }
        if seq > self.seq {
            self.seq = seq;
            self.commands += 1;
            return Identity::New;
        }
        match self.answers.get(&seq) {
            Some(ack) => Identity::Answered(Box::new(ack.clone())),
            None => Identity::Passed,
        }
    }

    /// Keeps the answer to one of its commands.
    pub fn answered(&mut self, ack: &Ack) {
        if ack.epoch == self.epoch {
            self.answers.insert(ack.seq, ack.clone());
            while self.answers.len() > ANSWERS_KEPT {
                self.answers.pop_first();
            }
        }
    }
}

/// Names of refusals in acknowledgements, ledger and status.
#[must_use]
pub const fn refusal_name(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::None => "",
        Refusal::Malformed => "malformed",
        Refusal::UnknownKind => "unknown_kind",
        Refusal::UnknownSender => "unknown_sender",
        Refusal::NotAllowed => "not_allowed",
        Refusal::OldEpoch => "old_epoch",
        Refusal::OutOfOrder => "out_of_order",
        Refusal::FromTheFuture => "from_the_future",
        Refusal::TooLate => "too_late",
        Refusal::WindowTooLong => "window_too_long",
        Refusal::UnknownName => "unknown_name",
        Refusal::WrongUnit => "wrong_unit",
        Refusal::NotFinite => "not_finite",
        Refusal::OutOfRange => "out_of_range",
        Refusal::LeaseHeld => "lease_held",
        Refusal::Fenced => "fenced",
        Refusal::NoLease => "no_lease",
        Refusal::NotPermitted => "not_permitted",
        Refusal::Tripped => "tripped",
        Refusal::LedgerLost => "ledger_lost",
        Refusal::Busy => "busy",
        Refusal::NoCertificate => "no_certificate",
        Refusal::BadCertificate => "bad_certificate",
        Refusal::WrongRecipe => "wrong_recipe",
        Refusal::WrongCalibration => "wrong_calibration",
        Refusal::CertificateExpired => "certificate_expired",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use linewright_wire::AckStatus;

    fn ack(epoch: u64, seq: u64) -> Ack {
        Ack {
            to: 1,
            epoch,
            seq,
            status: AckStatus::Applied,
            reason: String::new(),
            tick: seq,
            value: None,
            token: None,
        }
    }

    #[test]
    fn each_id_is_new_once_and_answered_alike_ever_after() {
        let mut sender = Sender::default();
        for seq in 1..=5000 {
            assert_eq!(sender.identify(3, seq), Identity::New);
            sender.answered(&ack(3, seq));
        }
        assert_eq!(sender.identify(3, 5000), Identity::Answered(Box::new(ack(3, 5000))));
        assert_eq!(sender.identify(3, 905), Identity::Answered(Box::new(ack(3, 905))));
        assert_eq!(sender.identify(3, 904), Identity::Passed, "beyond what is kept");
        assert_eq!(sender.identify(2, 9999), Identity::Old);
        assert_eq!(sender.identify(4, 1), Identity::New);
        assert_eq!(sender.identify(3, 6000), Identity::Old);
    }
}
