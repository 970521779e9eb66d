//! The parts of a transformer by number: its parameters, and the modules that LoRA can adapt.

use lora_checkpoint::{Config, Family, Positions};

/// A parameter: its place in [`Net::params`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Param(pub usize);

/// A module that LoRA can adapt: its place in [`Net::sites`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site(pub usize);

/// What a parameter is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamInfo {
    /// Its name in Hugging Face's files.
    pub name: String,
    /// Its shape in those files: \[out, in\] for a linear module.
    pub shape: Vec<usize>,
    /// How it is kept.
    pub role: Role,
}

/// How a parameter is kept and initialised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The weight of a linear module, kept as \[in, out\].
    Linear,
    /// A table with a row for each token or place.
    Table,
    /// A bias; zero at the start.
    Bias,
    /// The gain of a norm; one at the start.
    Gain,
}

/// What a module that can be adapted is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteInfo {
    /// Its name in Hugging Face's models, such as `model.layers.0.self_attn.q_proj`.
    pub name: String,
    /// The block that it belongs to; none for embedding and head.
    pub block: Option<usize>,
    /// Fan-in; of an embedding the vocabulary.
    pub inputs: usize,
    /// Fan-out.
    pub outputs: usize,
    /// Whether it is an embedding, which takes token numbers instead of vectors.
    pub embedding: bool,
}

/// y = x W + b, with LoRA if its site is adapted.
#[derive(Clone, Debug)]
pub struct Linear {
    /// Where LoRA may be.
    pub site: Site,
    /// W, kept as \[in, out\]; a token embedding \[out, in\] if `tied`.
    pub weight: Param,
    /// Whether the weight is the token embedding.
    pub tied: bool,
    /// b.
    pub bias: Option<Param>,
    /// Fan-in.
    pub inputs: usize,
    /// Fan-out.
    pub outputs: usize,
}

/// LayerNorm, or RMSNorm if there is no bias.
#[derive(Clone, Copy, Debug)]
pub struct Norm {
    /// The gain.
    pub gain: Param,
    /// The bias of LayerNorm.
    pub bias: Option<Param>,
}

/// Tokens to vectors.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// Where LoRA may be.
    pub site: Site,
    /// A row for each token.
    pub tokens: Param,
    /// A row for each place.
    pub positions: Option<Param>,
    /// A row for each token type, of which the first is used.
    pub types: Option<Param>,
    /// The norm behind the sum.
    pub norm: Option<Norm>,
}

/// Attention: three projections into heads and one back.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Queries, keys and values.
    pub qkv: [Linear; 3],
    /// Back to the width.
    pub output: Linear,
}

/// The MLP: down(φ(up(x))), or down(φ(gate(x)) ⊙ up(x)).
#[derive(Clone, Debug)]
pub struct Mlp {
    /// The gate of SwiGLU.
    pub gate: Option<Linear>,
    /// To the MLP's width.
    pub up: Linear,
    /// Back.
    pub down: Linear,
}

/// One block: attention and MLP, each with a norm before or after it.
#[derive(Clone, Debug)]
pub struct Block {
    /// The first branch.
    pub attention: Attention,
    /// The norm of the first branch.
    pub attention_norm: Norm,
    /// The second branch.
    pub mlp: Mlp,
    /// The norm of the second branch.
    pub mlp_norm: Norm,
}

/// What stands behind the blocks.
#[derive(Clone, Debug)]
pub enum Head {
    /// Nothing: the hidden states are the output.
    None,
    /// Logits of the next token.
    NextToken(Linear),
    /// Logits of a class, of one vector for each sequence.
    Classifier {
        /// Which vector.
        pooling: Pooling,
        /// A layer between, with its activation.
        dense: Option<(Linear, Squash)>,
        /// To the classes.
        output: Linear,
    },
}

/// How the last hidden states of a sequence become one vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The first token's.
    Cls,
    /// Their mean.
    Mean,
}

/// The activation of a head's own layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Squash {
    /// tanh, in BERT and RoBERTa.
    Tanh,
    /// max(x, 0), in DistilBERT.
    Relu,
}

/// What a model is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// Hidden states alone.
    Hidden,
    /// The next token.
    NextToken,
    /// One of some classes, by the family's own head.
    Classify {
        /// Number of classes.
        labels: usize,
        /// [`Pooling::Cls`] uses the family's own layer; [`Pooling::Mean`] has none.
        pooling: Pooling,
    },
}

/// A transformer by numbers.
#[derive(Clone, Debug)]
pub struct Net {
    /// Its shape.
    pub config: Config,
    /// Every parameter.
    pub params: Vec<ParamInfo>,
    /// Every module that can be adapted, in the order of the forward pass.
    pub sites: Vec<SiteInfo>,
    /// Tokens to vectors.
    pub embedding: Embedding,
    /// The blocks.
    pub blocks: Vec<Block>,
    /// The norm behind the last block, in models that have their norms before the branches.
    pub last_norm: Option<Norm>,
    /// What stands behind.
    pub head: Head,
    /// First parameter of the head; those from there on are new where a checkpoint has none.
    pub head_from: usize,
}

impl Net {
    /// Whether norms stand before the branches, as in Llama, instead of behind the sums.
    pub fn norm_first(&self) -> bool {
        self.config.family.is_causal()
    }

    /// A parameter by its name in Hugging Face's files.
    pub fn param(&self, name: &str) -> Option<Param> {
        self.params.iter().position(|info| info.name == name).map(Param)
    }

    /// The module of a parameter: its name without its last part.
    pub fn module(&self, param: Param) -> &str {
        let name = &self.params[param.0].name;
        name.rsplit_once('.').map_or(name, |(module, _)| module)
    }

    /// A site by its module's name.
    pub fn site(&self, name: &str) -> Option<Site> {
        self.sites.iter().position(|info| info.name == name).map(Site)
    }

    /// The parts of a model of this shape for a task.
    pub fn new(config: &Config, task: Task) -> Self {
        let mut parts = Parts { config, params: Vec::new(), sites: Vec::new(), block: None };
        let embedding = parts.embedding();
        let blocks = (0..config.depth).map(|index| parts.block(index)).collect();
        parts.block = None;
        let last_norm = config.family.is_causal().then(|| parts.norm("model.norm"));
        let head_from = parts.params.len();
        let head = parts.head(task, &embedding);
        let Parts { params, sites, .. } = parts;
        let config = config.clone();
        Self { config, params, sites, embedding, blocks, last_norm, head, head_from }
    }
}

/// A net under construction.
struct Parts<'c> {
    config: &'c Config,
    params: Vec<ParamInfo>,
    sites: Vec<SiteInfo>,
    block: Option<usize>,
}

impl Parts<'_> {
    fn param(&mut self, name: String, shape: &[usize], role: Role) -> Param {
        self.params.push(ParamInfo { name, shape: shape.to_vec(), role });
        Param(self.params.len() - 1)
    }

    fn site(&mut self, name: &str, [inputs, outputs]: [usize; 2], embedding: bool) -> Site {
        let (name, block) = (name.to_owned(), self.block);
        self.sites.push(SiteInfo { name, block, inputs, outputs, embedding });
        Site(self.sites.len() - 1)
    }

    fn linear(&mut self, name: &str, [inputs, outputs]: [usize; 2], bias: bool) -> Linear {
        let weight = self.param(format!("{name}.weight"), &[outputs, inputs], Role::Linear);
        let bias = bias.then(|| self.param(format!("{name}.bias"), &[outputs], Role::Bias));
        let site = self.site(name, [inputs, outputs], false);
        Linear { site, weight, tied: false, bias, inputs, outputs }
    }

    fn norm(&mut self, name: &str) -> Norm {
        let shape = [self.config.width];
        let gain = self.param(format!("{name}.weight"), &shape, Role::Gain);
        let has_bias = !self.config.family.is_causal();
        let bias = has_bias.then(|| self.param(format!("{name}.bias"), &shape, Role::Bias));
        Norm { gain, bias }
    }

    fn embedding(&mut self) -> Embedding {
        let (width, vocabulary) = (self.config.width, self.config.vocabulary);
        let prefix = prefix(self.config.family);
        if self.config.family.is_causal() {
            let name = format!("{prefix}embed_tokens");
            let tokens = self.param(format!("{name}.weight"), &[vocabulary, width], Role::Table);
            let site = self.site(&name, [vocabulary, width], true);
            return Embedding { site, tokens, positions: None, types: None, norm: None };
        }
        let prefix = format!("{prefix}embeddings.");
        let config = self.config;
        let mut table = |name: &str, rows| {
            self.param(format!("{prefix}{name}.weight"), &[rows, width], Role::Table)
        };
        let tokens = table("word_embeddings", vocabulary);
        let (mut positions, mut types) = (None, None);
        if let Positions::Learned { first, token_types } = config.positions {
            positions = Some(table("position_embeddings", first + config.max_positions));
            types = (token_types > 0).then(|| table("token_type_embeddings", token_types));
        }
        let norm = Some(self.norm(&format!("{prefix}LayerNorm")));
        let site = self.site(&format!("{prefix}word_embeddings"), [vocabulary, width], true);
        Embedding { site, tokens, positions, types, norm }
    }

    fn block(&mut self, index: usize) -> Block {
        self.block = Some(index);
        let config = self.config;
        let names = Names::of(config.family, index);
        let keys = config.key_value_heads * config.head_dim;
        let queries = config.heads * config.head_dim;
        let (width, mlp) = (config.width, config.mlp_width);
        let bias = config.query_key_value_bias;
        let outs = [queries, keys, keys];
        let qkv = [0, 1, 2].map(|i| self.linear(&names.qkv[i], [width, outs[i]], bias));
        let output = self.linear(&names.output, [queries, width], config.output_bias);
        let attention_norm = self.norm(&names.attention_norm);
        let gate = names.gate.map(|name| self.linear(&name, [width, mlp], config.mlp_bias));
        let up = self.linear(&names.up, [width, mlp], config.mlp_bias);
        let down = self.linear(&names.down, [mlp, width], config.mlp_bias);
        let mlp_norm = self.norm(&names.mlp_norm);
        let (attention, mlp) = (Attention { qkv, output }, Mlp { gate, up, down });
        Block { attention, attention_norm, mlp, mlp_norm }
    }

    fn head(&mut self, task: Task, embedding: &Embedding) -> Head {
        let (width, family) = (self.config.width, self.config.family);
        let mut square = |name: &str| self.linear(name, [width, width], true);
        match task {
            Task::Hidden => Head::None,
            Task::NextToken => Head::NextToken(self.next_token(embedding)),
            Task::Classify { labels, pooling: Pooling::Mean } => Head::Classifier {
                pooling: Pooling::Mean,
                dense: None,
                output: self.linear("classifier", [width, labels], true),
            },
            Task::Classify { labels, pooling: Pooling::Cls } => {
                let (dense, output) = match family {
                    Family::Roberta => {
                        ((square("classifier.dense"), Squash::Tanh), "classifier.out_proj")
                    }
                    Family::DistilBert => ((square("pre_classifier"), Squash::Relu), "classifier"),
                    _ => ((square("bert.pooler.dense"), Squash::Tanh), "classifier"),
                };
                let output = self.linear(output, [width, labels], true);
                Head::Classifier { pooling: Pooling::Cls, dense: Some(dense), output }
            }
        }
    }

    fn next_token(&mut self, embedding: &Embedding) -> Linear {
        let shape = [self.config.width, self.config.vocabulary];
        if !self.config.tied_head {
            return self.linear("lm_head", shape, false);
        }
        let site = self.site("lm_head", shape, false);
        let [inputs, outputs] = shape;
        Linear { site, weight: embedding.tokens, tied: true, bias: None, inputs, outputs }
    }
}

fn prefix(family: Family) -> &'static str {
    match family {
        Family::Bert => "bert.",
        Family::Roberta => "roberta.",
        Family::DistilBert => "distilbert.",
        Family::Llama | Family::Qwen2 => "model.",
    }
}

/// Names of a block's modules.
struct Names {
    qkv: [String; 3],
    output: String,
    attention_norm: String,
    gate: Option<String>,
    up: String,
    down: String,
    mlp_norm: String,
}

impl Names {
    fn of(family: Family, index: usize) -> Self {
        let start = prefix(family);
        let (block, modules) = match family {
            Family::Bert | Family::Roberta => (format!("{start}encoder.layer.{index}."), BERT),
            Family::DistilBert => (format!("{start}transformer.layer.{index}."), DISTIL_BERT),
            Family::Llama | Family::Qwen2 => (format!("{start}layers.{index}."), LLAMA),
        };
        let name = |place: usize| format!("{block}{}", modules[place]);
        Self {
            qkv: [0, 1, 2].map(name),
            output: name(3),
            attention_norm: name(4),
            up: name(5),
            down: name(6),
            mlp_norm: name(7),
            gate: family.is_causal().then(|| format!("{block}mlp.gate_proj")),
        }
    }
}

/// Query, key, value, output, norm, up, down, norm.
type Modules = [&'static str; 8];

const BERT: Modules = [
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
];

const DISTIL_BERT: Modules = [
    "attention.q_lin",
    "attention.k_lin",
    "attention.v_lin",
    "attention.out_lin",
    "sa_layer_norm",
    "ffn.lin1",
    "ffn.lin2",
    "output_layer_norm",
];

const LLAMA: Modules = [
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "input_layernorm",
    "mlp.up_proj",
    "mlp.down_proj",
    "post_attention_layernorm",
];
