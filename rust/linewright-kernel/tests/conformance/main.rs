//! What every kernel promises, asked of every kernel.
//!
//! The suite is made from `for_each_kernel!`: a kernel named there enters by itself, and does not
//! compile until `examples.rs` gives it configs to run and configs to refuse.

// The counting allocator is the one unsafe thing here; the crate under test has none.
#![allow(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod allocations;
mod examples;
mod promises;
mod signals;
mod vector;

macro_rules! conformance {
    ($($name:ident)*) => { $(
        #[allow(non_snake_case)]
        mod $name {
            use crate::promises;
            use linewright_kernel::{$name as Subject, Design};

            #[test]
            fn is_named_as_its_type() { assert_eq!(Subject::NAME, stringify!($name)); }
            #[test]
            fn has_ports_that_match_its_values() { promises::ports::<Subject>(); }
            #[test]
            fn refuses_nonsense_by_name() { promises::refuses_nonsense::<Subject>(); }
            #[test]
            fn is_written_as_keywords() { promises::is_written_as_keywords::<Subject>(); }
            #[test]
            fn gives_nothing_before_its_first_good_input() { promises::silent_start::<Subject>(); }
            #[test]
            fn gives_finite_for_finite() { promises::finite::<Subject>(); }
            #[test]
            fn holds_on_bad_input() { promises::holds::<Subject>(); }
            #[test]
            fn runs_a_block_as_its_samples() { promises::block_equals_samples::<Subject>(); }
            #[test]
            fn is_new_after_reset() { promises::reset_is_new::<Subject>(); }
            #[test]
            fn goes_on_after_save_and_restore() { promises::restore_goes_on::<Subject>(); }
            #[test]
            fn keeps_its_state_through_retuning() { promises::retune_keeps::<Subject>(); }
            #[test]
            fn survives_any_state() { promises::survives_any_state::<Subject>(); }
            #[test]
            fn allocates_nothing() { promises::allocates_nothing::<Subject>(); }
        }
    )* };
}

macro_rules! vector_conformance {
    ($($name:ident)*) => { $(
        #[allow(non_snake_case)]
        mod $name {
            use crate::vector;
            use linewright_kernel::{$name as Subject, VectorDesign};

            #[test]
            fn is_named_as_its_type() { assert_eq!(Subject::NAME, stringify!($name)); }
            #[test]
            fn has_ports_that_match_its_values() { vector::ports::<Subject>(); }
            #[test]
            fn refuses_nonsense_by_name() { vector::refuses_nonsense::<Subject>(); }
            #[test]
            fn gives_finite_for_finite() { vector::finite::<Subject>(); }
            #[test]
            fn holds_on_bad_input() { vector::holds::<Subject>(); }
            #[test]
            fn is_new_after_reset() { vector::reset_is_new::<Subject>(); }
            #[test]
            fn goes_on_after_save_and_restore() { vector::restore_goes_on::<Subject>(); }
            #[test]
            fn survives_any_state() { vector::survives_any_state::<Subject>(); }
            #[test]
            fn keeps_its_state_through_retuning() { vector::retune_keeps::<Subject>(); }
            #[test]
            fn allocates_nothing() { vector::allocates_nothing::<Subject>(); }
        }
    )* };
}

linewright_kernel::for_each_kernel!(conformance);
linewright_kernel::for_each_vector_kernel!(vector_conformance);
