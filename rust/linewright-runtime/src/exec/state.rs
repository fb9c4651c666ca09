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
            Self::Kernel(kernel) => kernel.state_len(),
            Self::Event(_) | Self::Map(_) => 16,
            Self::Tap(_) => 8,
            _ => 0,
        }
    }

    fn save(&self, rest: &mut &mut [u8]) -> bool {
        match self {
            Self::Kernel(kernel) => {
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
            Self::Kernel(kernel) => {
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
    /// Slots in use: those of all loops.
    fn used_slots(&self) -> usize {
        self.loops.iter().map(|of| of.len).sum()
    }

    /// Bytes [`Executor::save`] writes.
    pub fn state_len(&self) -> usize {
        let ops = self.loops.iter().flat_map(|of| of.ops.iter()).map(Op::state_len).sum::<usize>();
        ops + 9 * self.used_slots()
    }

    /// Writes frame and states to the front of `out`, without allocating; false when it is too
    /// short.
    #[must_use]
    pub fn save(&self, out: &mut [u8]) -> bool {
        let mut rest = out;
        let used = self.used_slots();
        let values = self.frame.values.get(..used).unwrap_or_default();
        give(&mut rest, bytemuck::cast_slice(values))
            && give(&mut rest, self.frame.qualities.get(..used).unwrap_or_default())
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
        let used = self.used_slots();
        for value in self.frame.values.get_mut(..used)? {
            *value = f64::from_bits(take_word(&mut rest)?);
        }
        let qualities = take(&mut rest, used)?;
        self.frame.qualities.get_mut(..used)?.copy_from_slice(qualities);
        for op in self.loops.iter_mut().flat_map(|of| of.ops.iter_mut()) {
            op.restore(&mut rest)?;
        }
        Some(())
    }
}
