//! Lists and grids of numbers in a config, of bounded size so that coefficients stay plain data.

use core::fmt;
use core::ops::Deref;

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Up to `N` numbers; reads as a slice. In Python a sequence of floats.
#[derive(Clone, Copy, PartialEq)]
pub struct List<const N: usize> {
    words: [f64; N],
    len: usize,
}

impl<const N: usize> List<N> {
    /// The numbers of `from`; none when there are more than `N`.
    pub fn new(from: &[f64]) -> Option<Self> {
        let mut words = [0.0; N];
        words.get_mut(..from.len())?.copy_from_slice(from);
        Some(Self { words, len: from.len() })
    }
}

impl<const N: usize> Default for List<N> {
    fn default() -> Self {
        Self { words: [0.0; N], len: 0 }
    }
}

impl<const N: usize> Deref for List<N> {
    type Target = [f64];
    fn deref(&self) -> &[f64] {
        self.words.get(..self.len).unwrap_or_default()
    }
}

impl<const N: usize> fmt::Debug for List<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<const N: usize> Serialize for List<N> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut seq = to.serialize_seq(Some(self.len))?;
        self.iter().try_for_each(|x| seq.serialize_element(x))?;
        seq.end()
    }
}

impl<'de, const N: usize> Deserialize<'de> for List<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Numbers::<N>)
    }
}

struct Numbers<const N: usize>;

impl<'de, const N: usize> Visitor<'de> for Numbers<N> {
    type Value = List<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {N} numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<N>, A::Error> {
        let mut list = List::default();
        while let Some(x) = items.next_element::<f64>()? {
            let place = list.words.get_mut(list.len);
            *place.ok_or_else(|| A::Error::invalid_length(N + 1, &self))? = x;
            list.len += 1;
        }
        Ok(list)
    }
}

/// Rows of equal length, up to `N` numbers in all, row by row. In Python a sequence of sequences.
#[derive(Clone, Copy, PartialEq)]
pub struct Grid<const N: usize> {
    words: List<N>,
    columns: usize,
}

impl<const N: usize> Grid<N> {
    /// The rows of `from`; none when they differ in length or hold more than `N` numbers.
    pub fn new(from: &[&[f64]]) -> Option<Self> {
        let mut grid = Self::default();
        from.iter().all(|row| grid.push(row)).then_some(grid)
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.words.len.checked_div(self.columns).unwrap_or(0)
    }

    /// Numbers in a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Row `i`; empty beyond the last.
    pub fn row(&self, i: usize) -> &[f64] {
        let start = i.saturating_mul(self.columns);
        self.words.get(start..start.saturating_add(self.columns)).unwrap_or_default()
    }

    /// Number `j` of row `i`; zero beyond the edges.
    pub fn at(&self, i: usize, j: usize) -> f64 {
        self.row(i).get(j).copied().unwrap_or(0.0)
    }

    /// All numbers, row by row.
    pub fn words(&self) -> &[f64] {
        &self.words
    }

    /// False when the row is empty, of another length, or too much.
    fn push(&mut self, row: &[f64]) -> bool {
        let fits = !row.is_empty() && (self.words.len == 0 || row.len() == self.columns);
        let range = self.words.len..self.words.len.saturating_add(row.len());
        let Some(to) = self.words.words.get_mut(range).filter(|_| fits) else { return false };
        to.copy_from_slice(row);
        self.words.len += row.len();
        self.columns = row.len();
        true
    }
}

impl<const N: usize> Default for Grid<N> {
    fn default() -> Self {
        Self { words: List::default(), columns: 0 }
    }
}

impl<const N: usize> fmt::Debug for Grid<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries((0..self.rows()).map(|i| self.row(i))).finish()
    }
}

impl<const N: usize> Serialize for Grid<N> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut seq = to.serialize_seq(Some(self.rows()))?;
        (0..self.rows()).try_for_each(|i| seq.serialize_element(self.row(i)))?;
        seq.end()
    }
}

impl<'de, const N: usize> Deserialize<'de> for Grid<N> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_seq(Rows::<N>)
    }
}

struct Rows<const N: usize>;

impl<'de, const N: usize> Visitor<'de> for Rows<N> {
    type Value = Grid<N>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rows of equal length with at most {N} numbers in all")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Grid<N>, A::Error> {
        let mut grid = Grid::default();
        while let Some(row) = items.next_element::<List<N>>()? {
            if !grid.push(&row) {
                return Err(A::Error::invalid_length(row.len(), &self));
            }
        }
        Ok(grid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_as_it_was_written() {
        let list: List<4> = serde_json::from_str("[1.5, -2.0, 0.25]").unwrap();
        assert_eq!(&*list, [1.5, -2.0, 0.25]);
        assert_eq!(serde_json::to_string(&list).unwrap(), "[1.5,-2.0,0.25]");
        assert_eq!(List::<4>::new(&[1.5, -2.0, 0.25]), Some(list));
        assert_eq!(format!("{list:?}"), "[1.5, -2.0, 0.25]");
    }

    #[test]
    fn a_list_that_is_too_long_is_refused_with_its_bound() {
        let why = serde_json::from_str::<List<2>>("[1, 2, 3]").unwrap_err().to_string();
        assert!(why.contains("at most 2 numbers"), "{why}");
        assert!(List::<2>::new(&[1.0; 3]).is_none());
        assert!(serde_json::from_str::<List<2>>("1").is_err());
    }

    #[test]
    fn a_grid_knows_its_rows() {
        let grid: Grid<6> = serde_json::from_str("[[1, 2, 3], [4, 5, 6]]").unwrap();
        assert_eq!((grid.rows(), grid.columns()), (2, 3));
        assert_eq!((grid.row(1), grid.at(1, 0), grid.at(2, 0)), (&[4.0, 5.0, 6.0][..], 4.0, 0.0));
        assert_eq!(serde_json::to_string(&grid).unwrap(), "[[1.0,2.0,3.0],[4.0,5.0,6.0]]");
        assert_eq!(Grid::<6>::default().rows(), 0);
    }

    #[test]
    fn ragged_or_large_grids_are_refused() {
        for text in ["[[1, 2], [3]]", "[[1, 2], [3, 4], [5, 6], [7, 8]]", "[[]]"] {
            assert!(serde_json::from_str::<Grid<6>>(text).is_err(), "{text}");
        }
    }
}
