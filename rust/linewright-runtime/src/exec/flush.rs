//! Subnormal numbers are zero while a plan is executed, in what goes in and in what comes out.
//!
//! A filter that decays towards nothing ends in numbers below 2.2e-308, on which many processors take a
//! hundred times as long: the loop would be late when nothing happens. The mode is part of what a
//! cycle computes, so live, simulated and replayed cycles all set it, here and nowhere else, and the
//! record names it.
#![allow(unsafe_code)] // two instructions that Rust has no word for; each has its SAFETY line

use std::arch::asm;

/// What the record says of it.
pub const FLOAT_MODE: &str = "subnormals_are_zero";

/// While it lives, this thread takes subnormal numbers for zero; then as before.
#[derive(Debug)]
pub struct FlushSubnormals {
    before: Control,
}

#[cfg(target_arch = "x86_64")]
type Control = u32;
#[cfg(target_arch = "x86_64")]
const FLUSH: Control = 1 << 15 | 1 << 6; // MXCSR: flush to zero, denormals are zero

#[cfg(target_arch = "x86_64")]
fn control() -> Control {
    let mut control: Control = 0;
    // SAFETY: stores the SSE control register, 4 bytes, at a valid place.
    unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut control, options(nostack, preserves_flags)) };
    control
}

#[cfg(target_arch = "x86_64")]
fn set_control(control: Control) {
    // SAFETY: loads the SSE control register from a valid place; only the two flush bits ever differ
    // from what the register held. It clobbers memory, so no access to the frame moves across it.
    unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const control, options(nostack, preserves_flags)) };
}

#[cfg(target_arch = "aarch64")]
type Control = u64;
#[cfg(target_arch = "aarch64")]
const FLUSH: Control = 1 << 24; // FPCR: flush to zero, inputs and results

#[cfg(target_arch = "aarch64")]
fn control() -> Control {
    let control: Control;
    // SAFETY: reads the floating-point control register.
    unsafe { asm!("mrs {}, fpcr", out(reg) control, options(nostack, preserves_flags)) };
    control
}

#[cfg(target_arch = "aarch64")]
fn set_control(control: Control) {
    // SAFETY: writes the floating-point control register; only the flush bit ever differs from what it
    // held. It clobbers memory, so no access to the frame moves across it.
    unsafe { asm!("msr fpcr, {}", in(reg) control, options(nostack, preserves_flags)) };
}

impl FlushSubnormals {
    /// From now on.
    #[inline]
    #[must_use]
    pub fn on() -> Self {
        let before = control();
        set_control(before | FLUSH);
        Self { before }
    }
}

impl Drop for FlushSubnormals {
    #[inline]
    fn drop(&mut self) {
        set_control(self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn subnormals_are_zero_inside_and_numbers_outside() {
        let least = f64::MIN_POSITIVE;
        let half = || black_box(least) * black_box(0.5);
        assert!(half() > 0.0);
        {
            let _flush = FlushSubnormals::on();
            assert_eq!(half(), 0.0, "what comes out");
            let subnormal = black_box(f64::from_bits(1 << 51));
            assert_eq!(black_box(subnormal) * black_box(4.0), 0.0, "what goes in");
            assert_eq!(black_box(least) * black_box(1.0), least, "the least normal number stays");
        }
        assert!(half() > 0.0, "as before");
    }

    #[test]
    fn it_may_be_set_twice() {
        let outer = FlushSubnormals::on();
        drop(FlushSubnormals::on());
        assert_eq!(black_box(f64::MIN_POSITIVE) * black_box(0.5), 0.0);
        drop(outer);
        assert!(black_box(f64::MIN_POSITIVE) * black_box(0.5) > 0.0);
    }
}
