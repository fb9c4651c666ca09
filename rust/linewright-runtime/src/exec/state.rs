//! Keyframes: all that an executor remembers, as bytes.

use super::Executor;
use super::op::Op;

/// Front `len` bytes of `rest`, which moves on.
fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (front, back) = rest.split_at_checked(len)?;
    *rest = back;
    Some(front)
}

/// Writes `bytes` to the front of `rest`, which moves on.
fn give(rest: &mut &mut [u8], bytes: &[u8]) -> bool {
    let Some((front, back)) = std::mem::take(rest).split_at_mut_checked(bytes.len()) else {
        return false;
    };
    front.copy_from_slice(bytes);
    *rest = back;
    true
}

fn take_word(rest: &mut &[u8]) -> Option<u64> {
    take(rest, 8).map(bytemuck::pod_read_unaligned)
}

impl Op {
    fn state_len(&self) -> usize {
        match self {
            Self::Kernel { kernel, .. } => kernel.state_len(),
            Self::Event(_) | Self::Map(_) => 16,
            Self::Tap(_) => 8,
            _ => 0,
        }
    }

    fn save(&self, rest: &mut &mut [u8]) -> bool {
        match self {
            Self::Kernel { kernel, .. } => {
                let len = kernel.state_len();
                let Some((front, back)) = std::mem::take(rest).split_at_mut_checked(len) else {
                    return false;
                };
                *rest = back;
                kernel.save(front)
            }
            Self::Event(e) => {
                give(rest, &u64::from(e.fired).to_le_bytes())
                    && give(rest, &e.quiet_until_tick.to_le_bytes())
            }
            Self::Map(m) => {
                give(rest, &m.cell.to_bits().to_le_bytes())
                    && give(rest, &m.last.to_bits().to_le_bytes())
            }
            Self::Tap(t) => give(rest, &t.due_tick.to_le_bytes()),
            _ => true,
        }
    }

    fn restore(&mut self, rest: &mut &[u8]) -> Option<()> {
        match self {
            Self::Kernel { kernel, .. } => {
                let saved = take(rest, kernel.state_len())?;
                kernel.restore(saved).then_some(())?;
            }
            Self::Event(e) => {
                e.fired = take_word(rest)? != 0;
                e.quiet_until_tick = take_word(rest)?;
            }
            Self::Map(m) => {
                m.cell = f64::from_bits(take_word(rest)?);
                m.last = f64::from_bits(take_word(rest)?);
            }
            Self::Tap(t) => t.due_tick = take_word(rest)?,
            _ => {}
        }
        Some(())
    }
}

impl Executor {
    /// Bytes [`Executor::save`] writes.
    pub fn state_len(&self) -> usize {
        let ops = self.loops.iter().flat_map(|of| of.ops.iter()).map(Op::state_len).sum::<usize>();
        ops + 9 * self.frame.values.len()
    }

    /// Writes frame and states to the front of `out`, without allocating; false when it is too
    /// short.
    #[must_use]
    pub fn save(&self, out: &mut [u8]) -> bool {
        let mut rest = out;
        give(&mut rest, bytemuck::cast_slice(&self.frame.values))
            && give(&mut rest, &self.frame.qualities)
            && self.loops.iter().flat_map(|of| of.ops.iter()).all(|op| op.save(&mut rest))
    }

    /// Takes back what [`Executor::save`] wrote for the same plan; false, and nothing changed, when
    /// the length differs.
    #[must_use]
    pub fn restore(&mut self, saved: &[u8]) -> bool {
        if saved.len() != self.state_len() {
            return false;
        }
        self.read_state(saved).is_some()
    }

    fn read_state(&mut self, saved: &[u8]) -> Option<()> {
        let mut rest = saved;
        for value in &mut self.frame.values {
            *value = f64::from_bits(take_word(&mut rest)?);
        }
        let qualities = take(&mut rest, self.frame.qualities.len())?;
        self.frame.qualities.copy_from_slice(qualities);
        for op in self.loops.iter_mut().flat_map(|of| of.ops.iter_mut()) {
            op.restore(&mut rest)?;
        }
        Some(())
    }
}
