/// A set of one graph's nodes by position, one bit each.
///
/// Sets of different graphs must not be mixed: a position means another node there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeSet {
    words: Vec<u64>,
}

const BITS: usize = u64::BITS as usize;

impl NodeSet {
    /// An empty set with room for `len` nodes.
    pub fn new(len: usize) -> Self {
        Self { words: vec![0; len.div_ceil(BITS)] }
    }

    /// Adds a node; whether it was new.
    pub fn insert(&mut self, position: usize) -> bool {
        let (word, bit) = (position / BITS, 1 << (position % BITS));
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let slot = &mut self.words[word];
        let is_new = *slot & bit == 0;
        *slot |= bit;
        is_new
    }

    /// Takes a node out.
    pub fn remove(&mut self, position: usize) {
        if let Some(word) = self.words.get_mut(position / BITS) {
            *word &= !(1 << (position % BITS));
        }
    }

    /// Whether a node is in the set.
    pub fn contains(&self, position: usize) -> bool {
        self.words.get(position / BITS).is_some_and(|word| word & (1 << (position % BITS)) != 0)
    }

    /// Adds all nodes of another set.
    pub fn union_with(&mut self, other: &Self) {
        if other.words.len() > self.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word |= theirs;
        }
    }

    /// Keeps only nodes that are in another set too.
    pub fn intersect_with(&mut self, other: &Self) {
        for (index, word) in self.words.iter_mut().enumerate() {
            *word &= other.words.get(index).copied().unwrap_or(0);
        }
    }

    /// Takes all nodes of another set out.
    pub fn subtract(&mut self, other: &Self) {
        for (word, theirs) in self.words.iter_mut().zip(&other.words) {
            *word &= !theirs;
        }
    }

    /// How many nodes it has.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Its nodes, by position.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            std::iter::successors(Some(*word), |rest| Some(rest & rest.wrapping_sub(1)))
                .take_while(|rest| *rest != 0)
                .map(move |rest| index * BITS + rest.trailing_zeros() as usize)
        })
    }
}

impl FromIterator<usize> for NodeSet {
    fn from_iter<I: IntoIterator<Item = usize>>(positions: I) -> Self {
        let mut set = Self::default();
        for position in positions {
            set.insert(position);
        }
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_set() {
        let left: NodeSet = [1, 64, 200].into_iter().collect();
        let right: NodeSet = [64, 3].into_iter().collect();
        let combine = |change: fn(&mut NodeSet, &NodeSet)| {
            let mut set = left.clone();
            change(&mut set, &right);
            set.iter().collect::<Vec<_>>()
        };
        assert_eq!(combine(NodeSet::union_with), [1, 3, 64, 200]);
        assert_eq!(combine(NodeSet::intersect_with), [64]);
        assert_eq!(combine(NodeSet::subtract), [1, 200]);
        assert_eq!((left.len(), left.contains(200), left.contains(201)), (3, true, false));
    }
}
