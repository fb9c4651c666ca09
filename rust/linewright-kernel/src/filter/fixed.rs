//! A short list with room for `N`, on the stack.

/// Up to `N` things; what does not fit is left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fixed<T, const N: usize> {
    items: [T; N],
    len: usize,
}

impl<T: Copy + Default, const N: usize> Default for Fixed<T, N> {
    fn default() -> Self {
        Self { items: [T::default(); N], len: 0 }
    }
}

impl<T: Copy + Default, const N: usize> Fixed<T, N> {
    pub(super) fn push(&mut self, item: T) {
        if let Some(free) = self.items.get_mut(self.len) {
            *free = item;
            self.len += 1;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn iter(&self) -> core::slice::Iter<'_, T> {
        self.items.get(..self.len).unwrap_or_default().iter()
    }

    /// The item for which `cost` is least, and that cost.
    fn least(&self, cost: impl Fn(T) -> f64) -> Option<(usize, f64)> {
        let costs = self.iter().map(|item| cost(*item)).enumerate();
        costs.reduce(|best, next| if next.1 < best.1 { next } else { best })
    }

    /// The least `cost` of an item; infinite when there is none.
    pub(super) fn least_cost(&self, cost: impl Fn(T) -> f64) -> f64 {
        self.least(cost).map_or(f64::INFINITY, |(_, cost)| cost)
    }

    /// Takes out the item for which `cost` is least; the others keep their order.
    pub(super) fn take_least(&mut self, cost: impl Fn(T) -> f64) -> Option<T> {
        let (at, _) = self.least(cost)?;
        let item = self.items.get(at).copied()?;
        self.items.copy_within(at + 1..self.len, at);
        self.len -= 1;
        Some(item)
    }
}
