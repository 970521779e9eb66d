//! Keys and values of the tokens that a model has read.

use crate::net::Net;

/// What attention needs of the earlier tokens of a sequence.
#[derive(Clone, Debug)]
pub struct Cache {
    /// By block: keys, turned by their places, and values \[places, key-value heads · d\].
    pub blocks: Vec<[Vec<f32>; 2]>,
    /// Tokens that were read.
    pub places: usize,
}

impl Cache {
    /// Of a sequence without a token, with room for `most`. An array that grew would take up to twice as much.
    pub fn new(net: &Net, most: usize) -> Self {
        let entries = most * net.config.key_value_heads * net.config.head_dim;
        let block = |_| [(); 2].map(|()| Vec::with_capacity(entries));
        Self { blocks: (0..net.blocks.len()).map(block).collect(), places: 0 }
    }
}

#[cfg(test)]
mod tests {
    use lora_checkpoint::Family;
    use lora_conformance::transformer::cases::decoder;

    use super::*;
    use crate::net::Task;

    #[test]
    fn a_cache_has_the_room_that_is_asked_for_and_no_more() {
        let config = decoder(Family::Llama);
        let cache = Cache::new(&Net::new(&config, Task::NextToken), 13);
        let room: Vec<usize> = cache.blocks.iter().flatten().map(Vec::capacity).collect();
        assert_eq!(room, vec![13 * config.key_value_heads * config.head_dim; 2 * config.depth]);
    }
}
