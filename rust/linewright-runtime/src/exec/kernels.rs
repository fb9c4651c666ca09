//! Every exported kernel as an operation, made from `for_each_kernel!`.

use linewright_kernel::{Design, Kernel, Port, Ports, Running, for_each_kernel};

use super::frame::{BAD, Frame, Slot};

/// Most inputs a kernel may have.
pub(crate) const MAX_INPUTS: usize = 8;

/// Ports of a kernel.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KernelPorts {
    pub inputs: &'static [Port],
    pub outputs: &'static [Port],
}

/// A kernel config from JSON; the message of a refusal names parameter, bound and value.
fn design<D>(config: &serde_json::Value, period_s: f64) -> Result<D::Kernel, String>
where
    D: Design + serde::de::DeserializeOwned,
{
    let config: D = serde::Deserialize::deserialize(config).map_err(|e| e.to_string())?;
    config.design(period_s).map_err(|e| e.to_string())
}

/// One step of a kernel on the frame. On a Bad input state and output hold, and the output is Bad.
#[inline(always)]
fn run<K: Kernel>(
    running: &mut Running<K, Box<[f64]>>,
    inputs: &[Slot; MAX_INPUTS],
    out: Slot,
    frame: &mut Frame,
) {
    let mut worst = 0;
    let input = K::Input::gather(|i| {
        let slot = inputs.get(i).copied().unwrap_or(Slot::MAX);
        let (value, quality) = frame.get(slot);
        worst = worst.max(quality);
        value
    });
    let output = if worst == BAD { running.last() } else { running.update(input) };
    if output.is_finite() {
        for i in 0..K::Output::LEN {
            frame.put_finite(out.wrapping_add(i as Slot), output.get(i), worst);
        }
    } else {
        for i in 0..K::Output::LEN {
            frame.put(out.wrapping_add(i as Slot), output.get(i), worst);
        }
    }
}

macro_rules! kernel_ops {
    ($($name:ident)*) => {
        $(const _: () = assert!(<linewright_kernel::$name as Design>::INPUTS.len() <= MAX_INPUTS);)*

        /// Names of all kernels.
        pub(crate) const KERNELS: &[&str] = &[$(<linewright_kernel::$name as Design>::NAME),*];

        /// Ports of the kernel called `name`.
        pub(crate) fn ports(name: &str) -> Option<KernelPorts> {
            $(if name == <linewright_kernel::$name as Design>::NAME {
                return Some(KernelPorts {
                    inputs: <linewright_kernel::$name as Design>::INPUTS,
                    outputs: <linewright_kernel::$name as Design>::OUTPUTS,
                });
            })*
            None
        }

        /// Coefficients of any kernel.
        #[derive(Debug, Clone, Copy)]
        #[allow(clippy::large_enum_variant)] // copied at a retune, never kept in the frame
        pub(crate) enum AnyCoefficients {
            $(
                #[doc = concat!("Of `", stringify!($name), "`.")]
                $name(<linewright_kernel::$name as Design>::Kernel),
            )*
        }

        impl AnyCoefficients {
            /// Designs the kernel called `name`; none when there is no such kernel.
            pub fn design(
                name: &str,
                config: &serde_json::Value,
                period_s: f64,
            ) -> Option<Result<Self, String>> {
                $(if name == <linewright_kernel::$name as Design>::NAME {
                    let made = design::<linewright_kernel::$name>(config, period_s);
                    return Some(made.map(Self::$name));
                })*
                None
            }

            /// Words of history a kernel with these coefficients needs.
            pub fn memory_len(&self) -> usize {
                match self {
                    $(Self::$name(k) => k.memory_len(),)*
                }
            }
        }

        /// Any kernel with its state.
        #[derive(Debug, Clone)]
        pub(crate) enum AnyKernel {
            $(
                #[doc = concat!("A running `", stringify!($name), "`.")]
                $name(Box<Running<<linewright_kernel::$name as Design>::Kernel, Box<[f64]>>>),
            )*
        }

        impl AnyKernel {
            /// Starts from nothing seen.
            pub fn new(coefficients: AnyCoefficients) -> Self {
                let memory = vec![0.0; coefficients.memory_len()].into_boxed_slice();
                match coefficients {
                    $(AnyCoefficients::$name(k) => Self::$name(Box::new(Running::new(k, memory))),)*
                }
            }

            /// One step; `out` is the first of the output slots.
            #[inline(always)]
            pub fn step(&mut self, inputs: &[Slot; MAX_INPUTS], out: Slot, frame: &mut Frame) {
                match self {
                    $(Self::$name(k) => run(k, inputs, out, frame),)*
                }
            }

            /// True when the coefficients are of this kernel and need the memory it has.
            pub fn accepts(&self, coefficients: &AnyCoefficients) -> bool {
                match (self, coefficients) {
                    $((Self::$name(k), AnyCoefficients::$name(new)) => {
                        k.kernel().memory_len() == new.memory_len()
                    })*
                    #[allow(unreachable_patterns)] // one kernel in the list has no other
                    _ => false,
                }
            }

            /// Swaps the coefficients and keeps the state; false when they do not fit.
            pub fn retune(&mut self, coefficients: &AnyCoefficients) -> bool {
                match (self, coefficients) {
                    $((Self::$name(k), AnyCoefficients::$name(new)) => k.retune(*new),)*
                    #[allow(unreachable_patterns)] // one kernel in the list has no other
                    _ => false,
                }
            }

            /// Bytes of a saved state.
            pub fn state_len(&self) -> usize {
                match self {
                    $(Self::$name(k) => k.state_len(),)*
                }
            }

            /// Writes the state to the front of `out`.
            pub fn save(&self, out: &mut [u8]) -> bool {
                match self {
                    $(Self::$name(k) => k.save(out),)*
                }
            }

            /// Takes a saved state back; `saved` must be as long as it was.
            pub fn restore(&mut self, saved: &[u8]) -> bool {
                match self {
                    $(Self::$name(k) => k.restore(saved),)*
                }
            }
        }
    };
}

for_each_kernel!(kernel_ops);
