"""Tiny transformers with random weights, and the loading of any base model of a case."""

import pathlib

import torch
import transformers
from transformers.modeling_outputs import SequenceClassifierOutput

VOCABULARY = 101
LABELS = 3
ENCODER = dict(
    vocab_size=VOCABULARY, max_position_embeddings=40, num_labels=LABELS, pad_token_id=1,
)
BERT = dict(
    ENCODER, hidden_size=48, num_hidden_layers=2, num_attention_heads=4, intermediate_size=96,
    type_vocab_size=2,
)
DECODER = dict(
    vocab_size=VOCABULARY, max_position_embeddings=64, num_hidden_layers=2, bos_token_id=1,
    eos_token_id=2, pad_token_id=0,
)
# Small enough that some of the eight frequencies stay, some are scaled and some are in between.
LLAMA3 = dict(
    rope_type="llama3", rope_theta=100.0, factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
    original_max_position_embeddings=32,
)


class MeanPooledBert(transformers.BertForSequenceClassification):
    """BERT with one linear layer on the mean of the last hidden states."""

    def forward(self, input_ids, **_):
        """The logits; takes no mask, since a sequence is never padded."""
        hidden = self.bert(input_ids=input_ids).last_hidden_state
        return SequenceClassifierOutput(logits=self.classifier(hidden.mean(1)))


def bert():
    """BERT with its own classification head: pooler, then one linear layer."""
    return transformers.BertForSequenceClassification(transformers.BertConfig(**BERT))


def bert_mean():
    """BERT classified by the mean of its last hidden states."""
    return MeanPooledBert(transformers.BertConfig(**BERT))


def bert_encoder():
    """BERT without a head; its tensors have no prefix on disk."""
    return transformers.BertModel(transformers.BertConfig(**BERT))


def roberta():
    """RoBERTa, whose positions start behind the padding index, three layers deep."""
    return transformers.RobertaForSequenceClassification(transformers.RobertaConfig(
        **{**BERT, "hidden_size": 32, "num_hidden_layers": 3, "intermediate_size": 80,
           "type_vocab_size": 1, "hidden_act": "gelu_new"}))


def distilbert():
    """DistilBERT, whose config.json has names of its own."""
    return transformers.DistilBertForSequenceClassification(transformers.DistilBertConfig(
        **{**ENCODER, "pad_token_id": 0}, dim=48, n_layers=2, n_heads=4, hidden_dim=96))


def llama():
    """Llama with two query heads for each head of keys and values."""
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(
        **DECODER, hidden_size=48, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=80))


def llama_tied():
    """Llama with a tied head, heads wider than width / heads, and scaled rotary positions."""
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(
        **DECODER, hidden_size=48, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
        intermediate_size=64, tie_word_embeddings=True, rope_parameters=LLAMA3))


def qwen2():
    """Qwen2, with biases on query, key and value."""
    return transformers.Qwen2ForCausalLM(transformers.Qwen2Config(
        **DECODER, hidden_size=48, num_attention_heads=4, num_key_value_heads=2,
        intermediate_size=80))


def tinyllama():
    """TinyLlama's proportions: eight query heads for each head of keys and values."""
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(
        **{**DECODER, "num_hidden_layers": 3}, hidden_size=64, num_attention_heads=8,
        num_key_value_heads=1, intermediate_size=176, rms_norm_eps=1e-5))


def randomise(model: torch.nn.Module, generator: torch.Generator) -> None:
    """Draws every weight so that each matters: also biases, gains and both token types."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=generator)
            if weight.dim() == 2:
                fan_in = 4 if "embedding" in name or "embed_tokens" in name else weight.shape[1]
                weight.copy_(noise * fan_in**-0.5)
            elif "norm" in name.lower() and name.endswith("weight"):
                weight.copy_(1 + 0.2 * noise)
            else:
                weight.copy_(0.2 * noise)


def model_class(settings: dict):
    """The class of `transformers` that computes what a case wants."""
    if settings["pooling"] == "mean":
        return MeanPooledBert
    return {
        "causal": transformers.AutoModelForCausalLM,
        "classifier": transformers.AutoModelForSequenceClassification,
        "encoder": transformers.AutoModel,
    }[settings["kind"]]


def load(path: pathlib.Path, settings: dict, **options):
    """Loads a folder or a GGUF file in f32, ready for evaluation."""
    if path.suffix == ".gguf":
        real = path.resolve()
        path, options = real.parent, {**options, "gguf_file": real.name}
    model = model_class(settings).from_pretrained(
        path, dtype=torch.float32, attn_implementation="eager", local_files_only=True, **options)
    return model.eval()
