//! Reads a configuration by the rules of its family.

use lora_checkpoint::{CheckpointError, Fields};

use super::body::Body;
use super::families::{Family, Layout};
use super::sizes::{MOST_DEPTH, MOST_WIDTH, Sizes, labels, one_of};
use super::{decoders, encoders};

/// The sizes of a model, and its modules.
pub(crate) struct Read {
    pub(crate) width: usize,
    pub(crate) depth: usize,
    pub(crate) body: Body,
}

/// Reads the sizes that a family has.
pub(crate) fn read(family: &Family, all: &Fields<'_>) -> Result<Read, CheckpointError> {
    let fields = match family.nested {
        true => all
            .inside("text_config", "text_config.")
            .ok_or_else(|| all.refuse("text_config", "valid is an object with the sizes"))?,
        false => *all,
    };
    let [width_keys, depth_keys] = match family.layout {
        Layout::Gpt2 => [["n_embd", "hidden_size"], ["n_layer", "num_hidden_layers"]],
        Layout::DistilBert => [["dim", "hidden_size"], ["n_layers", "num_hidden_layers"]],
        _ => [["hidden_size"; 2], ["num_hidden_layers"; 2]],
    };
    let width = one_of(&fields, width_keys, MOST_WIDTH)?;
    let depth = one_of(&fields, depth_keys, MOST_DEPTH)?;
    let sizes = Sizes { fields, width, labels: labels(all)?, defaults: family.defaults };
    let body = match family.layout {
        Layout::Llama => decoders::llama(family, &sizes),
        Layout::Phi => decoders::phi(family, &sizes),
        Layout::Phi3 => decoders::phi3(family, &sizes),
        Layout::Gpt2 => decoders::gpt2(&sizes),
        Layout::GptNeox => decoders::gpt_neox(&sizes),
        Layout::Opt => decoders::opt(&sizes),
        Layout::Bert => encoders::bert(&sizes),
        Layout::Roberta => encoders::roberta(&sizes),
        Layout::DistilBert => encoders::distilbert(&sizes),
    }?;
    Ok(Read { width, depth, body })
}
