//! Every exported kernel as an operation, made from `for_each_kernel!` and `for_each_vector_kernel!`.

use std::any::Any;
use std::fmt;

use linewright_kernel::{
    Design, Kernel, Port, Ports, Running, RunningVector, VectorDesign, VectorKernel,
    for_each_kernel, for_each_vector_kernel,
};
use serde::de::DeserializeOwned;

use super::frame::{BAD, Frame, NO_SLOT, Slot};
use crate::sample::Quality;

/// Most inputs a scalar kernel may have.
const MAX_INPUTS: usize = 8;

/// A kernel with its state and the slots it reads and writes.
pub(crate) trait Work: Send {
    /// One step on the frame. On a Bad input state and output hold, and the output is Bad.
    fn step(&mut self, frame: &mut Frame);
    /// True when `new` is of the same kernel and needs the memory this one has.
    fn accepts(&self, new: &dyn Work) -> bool;
    /// Takes the coefficients of `new` and keeps the state; false when they do not fit. Allocates
    /// nothing.
    fn retune(&mut self, new: &dyn Work) -> bool;
    /// Bytes of a saved state.
    fn state_len(&self) -> usize;
    /// Writes the state to the front of `out`.
    fn save(&self, out: &mut [u8]) -> bool;
    /// Takes a saved state back; `saved` must be as long as it was.
    fn restore(&mut self, saved: &[u8]) -> bool;
    /// Itself, for one that knows its type.
    fn as_any(&self) -> &dyn Any;
    /// A copy.
    fn copied(&self) -> Box<dyn Work>;
}

impl fmt::Debug for dyn Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a kernel at work")
    }
}

impl Clone for Box<dyn Work> {
    fn clone(&self) -> Self {
        (**self).copied()
    }
}

/// Stores outputs; all of them have the quality of the worst input.
#[inline(always)]
fn put_all(frame: &mut Frame, out: Slot, values: impl Iterator<Item = f64>, quality: u8) {
    for (i, value) in values.enumerate() {
        frame.put(out.wrapping_add(i as Slot), value, quality);
    }
}

/// A scalar kernel at work.
#[derive(Clone)]
struct Scalar<K: Kernel> {
    running: Running<K, Box<[f64]>>,
    inputs: [Slot; MAX_INPUTS],
    out: Slot,
}

impl<K: Kernel> Work for Scalar<K> {
    #[inline]
    fn step(&mut self, frame: &mut Frame) {
        let mut worst = 0;
        let input = K::Input::gather(|i| {
            let slot = self.inputs.get(i).copied().unwrap_or(NO_SLOT);
            let (value, quality) = frame.get(slot);
            worst = worst.max(quality);
            value
        });
        let output = if worst == BAD { self.running.last() } else { self.running.update(input) };
        if output.is_finite() {
            for i in 0..K::Output::LEN {
                frame.put_finite(self.out.wrapping_add(i as Slot), output.get(i), worst);
            }
        } else {
            put_all(frame, self.out, (0..K::Output::LEN).map(|i| output.get(i)), worst);
        }
    }

    fn accepts(&self, new: &dyn Work) -> bool {
        let memory_len = |of: &Self| of.running.kernel().memory_len();
        new.as_any().downcast_ref::<Self>().is_some_and(|new| memory_len(new) == memory_len(self))
    }

    fn retune(&mut self, new: &dyn Work) -> bool {
        let new = new.as_any().downcast_ref::<Self>();
        new.is_some_and(|new| self.running.retune(*new.running.kernel()))
    }

    fn state_len(&self) -> usize {
        self.running.state_len()
    }

    fn save(&self, out: &mut [u8]) -> bool {
        self.running.save(out)
    }

    fn restore(&mut self, saved: &[u8]) -> bool {
        self.running.restore(saved)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn copied(&self) -> Box<dyn Work> {
        Box::new(self.clone())
    }
}

/// A vector kernel at work. Its coefficients stand on the heap, so they are never swapped in the loop.
#[derive(Clone)]
struct Vector<K: VectorKernel> {
    running: RunningVector<K>,
    inputs: Box<[Slot]>,
    out: Slot,
}

impl<K: VectorKernel> Work for Vector<K> {
    fn step(&mut self, frame: &mut Frame) {
        let (mut worst, mut best) = (0, BAD);
        for slot in &self.inputs {
            let (_, quality) = frame.get(*slot);
            (worst, best) = (worst.max(quality), best.min(quality));
        }
        if K::TAKES_MISSING && worst == BAD && best < BAD {
            worst = Quality::Uncertain as u8;
        }
        if worst != BAD || K::TAKES_MISSING {
            let value = |slot: &Slot| match frame.get(*slot) {
                (_, BAD) => f64::NAN,
                (value, _) => value,
            };
            self.running.update_from(self.inputs.iter().map(value));
        }
        put_all(frame, self.out, self.running.last().iter().copied(), worst);
    }

    fn accepts(&self, _: &dyn Work) -> bool {
        false
    }

    fn retune(&mut self, _: &dyn Work) -> bool {
        false
    }

    fn state_len(&self) -> usize {
        self.running.state_len()
    }

    fn save(&self, out: &mut [u8]) -> bool {
        self.running.save(out)
    }

    fn restore(&mut self, saved: &[u8]) -> bool {
        self.running.restore(saved)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn copied(&self) -> Box<dyn Work> {
        Box::new(self.clone())
    }
}

/// Puts a kernel to work: reading from these slots, writing from that one on.
type Wire = dyn FnOnce(&[Slot], Slot) -> Box<dyn Work>;

/// A designed kernel, not yet wired.
pub(crate) struct Designed {
    /// One for each number it reads.
    pub inputs: Vec<Port>,
    /// One for each number it gives.
    pub outputs: Vec<Port>,
    /// True for a kernel whose config may hold parameters.
    pub retunes: bool,
    wire: Box<Wire>,
}

impl Designed {
    /// The kernel at work, reading from `inputs` and writing from `out` on.
    pub fn wire(self, inputs: &[Slot], out: Slot) -> Box<dyn Work> {
        (self.wire)(inputs, out)
    }
}

/// A config from JSON; the message of a refusal names parameter, bound and value.
fn config<D: DeserializeOwned>(json: &serde_json::Value) -> Result<D, String> {
    serde::Deserialize::deserialize(json).map_err(|e: serde_json::Error| e.to_string())
}

fn scalar<D: Design + DeserializeOwned>(
    json: &serde_json::Value,
    period_s: f64,
) -> Result<Designed, String> {
    let kernel = config::<D>(json)?.design(period_s).map_err(|e| e.to_string())?;
    let wire = move |slots: &[Slot], out: Slot| -> Box<dyn Work> {
        let mut inputs = [NO_SLOT; MAX_INPUTS];
        inputs.iter_mut().zip(slots).for_each(|(to, slot)| *to = *slot);
        let memory = vec![0.0; kernel.memory_len()].into_boxed_slice();
        Box::new(Scalar { running: Running::new(kernel, memory), inputs, out })
    };
    Ok(Designed {
        inputs: D::INPUTS.to_vec(),
        outputs: D::OUTPUTS.to_vec(),
        retunes: true,
        wire: Box::new(wire),
    })
}

/// Each port as often as it is wide.
fn widened(ports: &[Port], width: impl Fn(usize) -> usize) -> Vec<Port> {
    let each = ports.iter().enumerate();
    each.flat_map(|(i, port)| std::iter::repeat_n(*port, width(i))).collect()
}

fn vector<D: VectorDesign + DeserializeOwned>(
    json: &serde_json::Value,
    period_s: f64,
) -> Result<Designed, String> {
    let kernel = config::<D>(json)?.design(period_s).map_err(|e| e.to_string())?;
    let inputs = widened(D::INPUTS, |port| kernel.input_width(port));
    let outputs = widened(D::OUTPUTS, |port| kernel.output_width(port));
    let wire = move |slots: &[Slot], out: Slot| -> Box<dyn Work> {
        Box::new(Vector { running: RunningVector::new::<D>(kernel), inputs: slots.into(), out })
    };
    Ok(Designed { inputs, outputs, retunes: false, wire: Box::new(wire) })
}

macro_rules! scalar_kernels {
    ($($name:ident)*) => {
        $(const _: () = assert!(<linewright_kernel::$name as Design>::INPUTS.len() <= MAX_INPUTS);)*

        const SCALAR: &[&str] = &[$(<linewright_kernel::$name as Design>::NAME),*];

        fn design_scalar(
            name: &str,
            json: &serde_json::Value,
            period_s: f64,
        ) -> Option<Result<Designed, String>> {
            $(if name == <linewright_kernel::$name as Design>::NAME {
                return Some(scalar::<linewright_kernel::$name>(json, period_s));
            })*
            None
        }
    };
}

macro_rules! vector_kernels {
    ($($name:ident)*) => {
        const VECTOR: &[&str] = &[$(<linewright_kernel::$name as VectorDesign>::NAME),*];

        #[allow(unused_variables)]
        fn design_vector(
            name: &str,
            json: &serde_json::Value,
            period_s: f64,
        ) -> Option<Result<Designed, String>> {
            $(if name == <linewright_kernel::$name as VectorDesign>::NAME {
                return Some(vector::<linewright_kernel::$name>(json, period_s));
            })*
            None
        }
    };
}

for_each_kernel!(scalar_kernels);
for_each_vector_kernel!(vector_kernels);

/// Names of all kernels.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    SCALAR.iter().chain(VECTOR).copied()
}

/// Designs the kernel called `name`; none when there is no such kernel.
pub(crate) fn design(
    name: &str,
    json: &serde_json::Value,
    period_s: f64,
) -> Option<Result<Designed, String>> {
    design_scalar(name, json, period_s).or_else(|| design_vector(name, json, period_s))
}
