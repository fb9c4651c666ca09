//! SIGTERM and SIGINT become a flag that the loops look at.
#![allow(unsafe_code)] // sigaction; each call has its SAFETY line

use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);

extern "C" fn on_signal(_signal: libc::c_int) {
    STOP.store(true, Ordering::Relaxed); // a flag of its own; nothing else hangs on its order
}

/// Whether a stop was asked for.
#[must_use]
pub fn stop_asked() -> bool {
    STOP.load(Ordering::Relaxed)
}

/// While it lives, the two signals set the flag; afterwards they do what they did before.
pub struct StopSignals {
    before: [(libc::c_int, libc::sigaction); 2],
}

impl StopSignals {
    /// Takes the signals over and clears the flag.
    #[must_use]
    pub fn take() -> Self {
        STOP.store(false, Ordering::Relaxed);
        Self { before: [libc::SIGTERM, libc::SIGINT].map(|signal| (signal, install(signal))) }
    }
}

fn install(signal: libc::c_int) -> libc::sigaction {
    // SAFETY: sigaction is plain data; the handler only stores to an atomic, which is allowed in a
    // signal handler. No SA_RESTART: a waiting call is to end.
    unsafe {
        let mut before: libc::sigaction = std::mem::zeroed();
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = on_signal as *const () as usize;
        libc::sigemptyset(&raw mut new.sa_mask);
        libc::sigaction(signal, &raw const new, &raw mut before);
        before
    }
}

impl Drop for StopSignals {
    fn drop(&mut self) {
        for (signal, before) in &self.before {
            // SAFETY: `before` is what sigaction gave for this signal.
            unsafe { libc::sigaction(*signal, &raw const *before, std::ptr::null_mut()) };
        }
    }
}
