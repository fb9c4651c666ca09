//! Which vectors to use, and the one way into code compiled for them.

/// The vectors that a piece of work is compiled for; only levels that this machine has can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level(Kind);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// What every machine of this kind has.
    Baseline,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Level {
    /// What every machine of this kind has.
    pub const BASELINE: Self = Self(Kind::Baseline);

    /// The widest of this machine.
    #[cfg(target_arch = "x86_64")]
    pub fn best() -> Self {
        // What `x86::avx512` is compiled with.
        let wide = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        if wide {
            Self(Kind::Avx512)
        } else if is_x86_feature_detected!("avx2") {
            Self(Kind::Avx2)
        } else {
            Self::BASELINE
        }
    }

    /// The widest of this machine.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn best() -> Self {
        Self::BASELINE
    }

    /// All that this machine has, narrow to wide.
    pub fn all() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        let kinds = [Kind::Baseline, Kind::Avx2, Kind::Avx512];
        #[cfg(not(target_arch = "x86_64"))]
        let kinds = [Kind::Baseline];
        let best = kinds.iter().position(|kind| *kind == Self::best().0).unwrap_or(0);
        kinds.into_iter().take(best + 1).map(Self).collect()
    }

    /// For a report: `"baseline"`, `"avx2"` or `"avx512"`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Baseline => "baseline",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => "avx512",
        }
    }
}

/// A piece of work that is compiled once for each level; `run` and what it calls are inlined.
pub(crate) trait Job {
    type Output;
    fn run(self) -> Self::Output;
}

/// Does the work with the vectors of `level`.
#[cfg_attr(target_arch = "x86_64", allow(unsafe_code))]
pub(crate) fn run<J: Job>(level: Level, job: J) -> J::Output {
    match level.0 {
        Kind::Baseline => job.run(),
        // SAFETY: `Kind::Avx512` and `Kind::Avx2` leave this module only as a `Level` that `best` or `all`
        // gave, after the processor said that it has these instructions; it never loses them.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx512 => unsafe { x86::avx512(job) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Kind::Avx2 => unsafe { x86::avx2(job) },
    }
}

/// Safe functions that only a machine with these instructions may enter. Fused multiplication is left
/// out: its bits differ.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Job;

    #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
    pub fn avx512<J: Job>(job: J) -> J::Output {
        job.run()
    }

    #[target_feature(enable = "avx2")]
    pub fn avx2<J: Job>(job: J) -> J::Output {
        job.run()
    }
}
