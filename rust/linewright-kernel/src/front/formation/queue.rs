//! A ring of fixed size: what waits to be said.

use alloc::boxed::Box;

/// First in, first out; when it is full the oldest goes.
#[derive(Debug, Clone)]
pub struct Queue<T> {
    places: Box<[T]>,
    first: usize,
    len: usize,
}

impl<T: Copy + Default> Queue<T> {
    /// For at most `most` things.
    pub fn new(most: usize) -> Self {
        Queue { places: alloc::vec![T::default(); most.max(1)].into(), first: 0, len: 0 }
    }

    /// Puts `thing` at the end.
    pub fn push(&mut self, thing: T) {
        let most = self.places.len();
        if self.len == most {
            self.first = (self.first + 1) % most;
            self.len -= 1;
        }
        if let Some(place) = self.places.get_mut((self.first + self.len) % most) {
            *place = thing;
        }
        self.len += 1;
    }

    /// Takes the oldest.
    pub fn pop(&mut self) -> Option<T> {
        if self.len == 0 {
            return None;
        }
        let thing = self.places.get(self.first).copied();
        self.first = (self.first + 1) % self.places.len();
        self.len -= 1;
        thing
    }

    /// How many wait.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        (self.first, self.len) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::Queue;

    #[test]
    fn first_in_is_first_out_and_the_oldest_goes_when_it_is_full() {
        let mut queue = Queue::new(3);
        (1..=5).for_each(|i| queue.push(i));
        assert_eq!(queue.len(), 3);
        assert_eq!([queue.pop(), queue.pop()], [Some(3), Some(4)]);
        queue.push(6);
        assert_eq!([queue.pop(), queue.pop(), queue.pop()], [Some(5), Some(6), None]);
    }
}
